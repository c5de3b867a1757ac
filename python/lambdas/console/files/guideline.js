// What counts as which class, in words, and in pictures of the data set if the model has brought some.
import { call } from "./api.js";
import { find, make } from "./elements.js";
import { assign } from "./keys.js";
import { labelName, text } from "./settings.js";

const [dialog, body] = [find("guideline"), find("guideline-body")];
let pictures = null;

function part(label) {
  const section = make("section", {});
  section.append(make("h3", { text: labelName(label) }));
  for (const kind of ["good", "bad"]) {
    const words = text(`${kind}_${label}`);
    const shown = pictures?.[label]?.[kind] ?? [];
    if (!words && !shown.length) continue;
    const row = make("div", { class: `examples ${kind}` });
    row.append(make("p", { text: `${text(kind)} ${words}` }));
    row.append(...shown.map((src, place) => make("img", { src, alt: text(`${kind}_picture`, { label: labelName(label), number: place + 1 }) })));
    section.append(row);
  }
  return section;
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
