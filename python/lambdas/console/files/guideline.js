// What counts as which class, in words, and in pictures of the data set if the model has brought some.
import { call } from "./api.js";
import { find, make } from "./elements.js";
import { assign } from "./keys.js";
import { labelName, text } from "./settings.js";

const [dialog, body] = [find("guideline"), find("guideline-body")];
let pictures = null;

function part(label) {
  const { good, bad } = pictures?.[label] ?? {};
  const alt = { label: labelName(label) };
  const rows = [
    row("good", text("good"), text(`good_${label}`), text("good_picture", alt), good),
    row("hard", text("hard"), "", text("hard_picture", alt), bad), // of this class all the same
    row("bad", text("bad"), text(`bad_${label}`)),
  ];
  return make("section", {}, make("h3", { text: labelName(label) }), ...rows.flat());
}

// A class of one's own may have no words, and no pictures.
function row(kind, start, words, alt = "", shown = []) {
  if (!words && !shown.length) return [];
  const images = shown.map((src, place) => make("img", { src, alt: `${alt} ${place + 1}` }));
  return [make("div", { class: `examples ${kind}` }, make("p", { text: `${start} ${words}` }), ...images)];
}

function draw() {
  body.replaceChildren(...[...assign().keys()].map(part));
}

export async function openGuideline() {
  draw();
  dialog.showModal();
  if (pictures) return;
  try {
    const answer = await call("GET", "guideline");
    if (answer.status !== 200) return;
    pictures = answer.body.classes;
    draw();
  } catch {
    // The words are there without the network.
  }
}
find("guideline-close").addEventListener("click", () => dialog.close());
