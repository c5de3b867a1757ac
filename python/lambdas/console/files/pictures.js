// Pictures are loaded and decoded before they are needed, and kept for whoever goes back.
import { sleep } from "./api.js";
import { make } from "./elements.js";
import { text } from "./settings.js";

const KEPT = 24;
const AGAIN = [1000, 3000, 9000]; // milliseconds after which one that does not come is asked for again
const images = new Map(); // by the photo's id: a new address of the same photo needs no second load

export function load(photo) {
  const kept = images.get(photo.id);
  photo.image = kept && !kept.broken ? kept : fetchPicture(photo.picture);
  images.delete(photo.id);
  images.set(photo.id, photo.image);
  for (const [id] of images) if (images.size > KEPT) images.delete(id);
  return photo;
}

function fetchPicture(address) {
  const image = make("img", { alt: text("picture") });
  image.ready = decode(image, address, [...AGAIN]);
  return image;
}

async function decode(image, address, pauses) {
  image.src = address;
  try {
    await image.decode();
    image.stands = true;
  } catch {
    if (!pauses.length) {
      image.broken = true;
      return;
    }
    await sleep(pauses.shift());
    await decode(image, address, pauses);
  }
}

// Two and a half times as large, to be scrolled.
export function zoom(frame) {
  if (!frame.classList.toggle("zoomed")) return;
  frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
  frame.scrollTop = (frame.scrollHeight - frame.clientHeight) / 2;
}
