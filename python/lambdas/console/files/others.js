// What `other` is: a kind by its digit, or in the person's own words.
import { find, make } from "./elements.js";
import { text } from "./settings.js";

const kinds = text("kinds").split(",").map((it) => it.trim());
const [dialog, field] = [find("others"), find("kind")];
let answer = null;

function close(vehicle) {
  dialog.close();
  answer(vehicle);
}

find("kinds").append(
  ...kinds.map((kind, place) => {
    const key = make("kbd", { text: String(place + 1) });
    return make("button", { click: () => close(kind) }, key, make("span", { text: kind }));
  }),
);

dialog.addEventListener("keydown", (event) => {
  const kind = kinds[event.key - 1];
  if (event.repeat || event.target === field || event.ctrlKey || event.altKey || event.metaKey || !kind) return;
  event.preventDefault();
  close(kind);
});

function sayOwn() {
  const vehicle = field.value.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  if (vehicle) close(vehicle);
}
field.addEventListener("keydown", (event) => event.key === "Enter" && !event.repeat && sayOwn());
find("say-kind").addEventListener("click", sayOwn);
find("kind-close").addEventListener("click", () => dialog.close());

export function askKind(answered) {
  answer = answered;
  field.value = "";
  dialog.showModal();
}
