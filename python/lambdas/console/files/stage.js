// What is on the screen: a photo, or that none waits, and what there is to say.
import { alertUser, find, hide, make, say, show } from "./elements.js";
import { labelName, text } from "./settings.js";

const ALERTED = 10_000;
const [frame, notice] = ["photo", "notice"].map(find);
let alerted = 0;

export const stage = {
  shown: null, // the photo
  stood: 0, // since when its picture is to be seen
  swapped: 0, // when it came unasked
  correcting: null, // the decision that has taken effect, if it is one's own of before
  pressed: 0, // the key that waits for the next picture
  waiting: 0, // drivers
};

export function stand(photo, unasked = false) {
  Object.assign(stage, { shown: photo, stood: 0 }, unasked && { swapped: Date.now() });
  frame.classList.remove("zoomed");
  for (const button of document.querySelectorAll("[data-label]")) button.classList.toggle("away", !photo);
  show(find("empty"), !photo);
  show(find("leave"), stage.correcting !== null);
  notice.textContent = "";
  if (!photo) return hide(frame);
  if (photo.image.stands || photo.image.broken) return place();
  hide(frame);
  photo.image.ready.then(() => stage.shown?.id === photo.id && !stage.stood && place());
}

function place() {
  const { image } = stage.shown;
  frame.replaceChildren(image.broken ? make("p", { text: text("not_shown") }) : image);
  show(frame);
  stage.stood = Date.now();
  const start = stage.pressed;
  stage.pressed = 0;
  if (start) requestAnimationFrame(() => performance.measure("next-photo", { start, end: performance.now() }));
  say(text("next_photo", { waits: count() }));
}

function count() {
  const { waiting } = stage;
  return waiting ? text(waiting === 1 ? "waits_one" : "waits_many", { count: waiting }) : text("waits_none");
}

export function writeWaiting(waiting) {
  stage.waiting = waiting;
  find("count").textContent = count();
}

/** Of the photo on the screen. */
export function note(words) {
  if (notice.textContent === words) return;
  notice.textContent = words;
  say(words);
}

/** What went wrong, for some seconds. */
export function tell(words) {
  if (find("alert").textContent !== words) alertUser(words);
  clearTimeout(alerted);
  alerted = setTimeout(alertUser, ALERTED, "");
}

export const naming = ({ label, vehicle }) => ({ label: labelName(label, vehicle) });
export const refusal = (name, values) => text(`problem_${name}`, values) || text("problem_Unknown");
