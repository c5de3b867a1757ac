// How a photo is shown: large if it is the one that a driver is waiting for, or else as a line.
import { make, show } from "./elements.js";
import { labelName, text } from "./settings.js";

const STEPS = ["sent", "arrived", "looked", "told"];
const PASSED = { expected: 1, claimed: 2, waiting: 2, routed: 4, decided: 4, failed: 2 };
const LOOKS = { waiting: "wait", routed: "good", decided: "bad", failed: "bad", lost: "bad", refused: "bad" };
const SIGNS = { busy: "…", wait: "?", good: "✓", bad: "!" };

/** A card, and the function that writes on it what is so now. */
export function makeCard(photo, wrong, another) {
  const id = `photo-${photo.key}`;
  const sign = make("span", { class: "sign", "aria-hidden": "true" });
  const title = make("h2", { id });
  const bay = make("strong");
  const where = make("p", { class: "bay" }, make("span", { text: text("bay") }), " ", bay);
  const within = make("p", { class: "km" });
  const more = make("p", { class: "more" });
  const bar = make("progress", { max: "100", "aria-labelledby": id });
  const steps = STEPS.map((step) => make("li", { text: text(`step_${step}`) }));
  const passed = make("ol", { class: "steps", "aria-label": text("steps") }, ...steps);
  const picture = make("img", { alt: "", hidden: true });
  const about = make("p", { class: "about" }, picture, make("span", { text: photo.name }), " ", make("time", { text: clock(photo.at) }));
  const object = make("button", { type: "button", text: text("wrong"), "aria-describedby": id, click: wrong });
  const again = make("button", { type: "button", text: text("another"), class: "main", click: another });
  const buttons = make("p", { class: "buttons" }, object, again);
  const element = make("article", { "aria-labelledby": id, tabindex: "-1" }, sign, title, where, within, more, bar, passed, about, buttons);

  function update(online) {
    const look = photo.wrong || photo.objection === "waiting" ? "wait" : (LOOKS[photo.state] ?? "busy");
    const routed = photo.state === "routed";
    element.dataset.look = look;
    element.dataset.state = photo.state;
    sign.textContent = SIGNS[look];
    title.textContent = name(photo, online);
    bay.textContent = photo.bay ?? "";
    within.textContent = routed ? text("km", { km: photo.km }) : "";
    more.textContent = explain(photo);
    bar.value = photo.percent ?? 0;
    steps.forEach((step, number) => step.toggleAttribute("data-passed", number < (PASSED[photo.state] ?? 0)));
    if (photo.kept?.blob && picture.hidden) {
      picture.src = URL.createObjectURL(photo.kept.blob);
      show(picture);
    }
    show(where, routed);
    show(within, routed);
    show(more, more.textContent !== "");
    show(bar, photo.state === "uploading");
    show(passed, look !== "bad");
    show(object, routed && look === "good");
    show(again, look === "bad" || photo.objection === "unusable");
  }
  return { element, update, forget: () => URL.revokeObjectURL(picture.src) };
}

/** The whole of it, for those who hear the page. */
export function describe(photo, online) {
  const where = photo.state === "routed" ? [`${text("bay")} ${photo.bay}`, text("km", { km: photo.km })] : [];
  return [name(photo, online), ...where, explain(photo)].filter(Boolean).join(". ");
}

function name(photo, online) {
  if (photo.state === "routed") return labelName(photo.label, photo.vehicle);
  return text(`state_${photo.state === "kept" && online ? "sending" : photo.state}`);
}

function explain(photo) {
  if (photo.wrong) return text("objecting");
  if (photo.objection) return text(`objection_${photo.objection}`);
  if (photo.state === "failed" || photo.state === "refused") return text(`problem_${photo.problem}`) || text("problem_other");
  return text(`more_${photo.state}`);
}

function clock(at) {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}
