// One key for each choice: of a label its first letter that is free.
import { settings } from "./settings.js";

const FIXED = new Map([
  ["other", "o"],
  ["unusable", "u"],
  ["cannot_tell", " "],
]);
const RESERVED = ["o", "u", "z", "h"];

export function assign() {
  const taken = new Set(RESERVED);
  const routed = settings.labels.filter((it) => !FIXED.has(it));
  const chosen = routed.map((label) => {
    const key = [...label.toLowerCase(), ..."0123456789"].find((it) => /[a-z0-9]/.test(it) && !taken.has(it));
    taken.add(key);
    return [label, key];
  });
  return new Map([...chosen, ...FIXED]); // by the choice, in the order of the buttons
}

// Whether a key is meant for the page: one press, with nothing else held, and not for a field or a dialog.
export function isOurs(event) {
  const { target } = event;
  const busy = document.querySelector("dialog[open]") || target.closest?.("input, textarea, select");
  return !busy && !event.ctrlKey && !event.altKey && !event.metaKey && !event.isComposing;
}
