// What people decided today: for a lead, who reopens and corrects.
import { Offline, call, problem } from "./api.js";
import { find, make, show } from "./elements.js";
import { labelName, text } from "./settings.js";

const [dialog, list, more, trouble] = ["today", "decided", "more", "trouble"].map(find);
let cursor = "";
let photos = [];
let correct = () => {};

function refuse(answer) {
  trouble.textContent = text(`problem_${problem(answer)}`) || text("problem_Unknown");
}

async function reopen(photo, button) {
  const answer = await call("POST", `photos/${photo.id}/objection`);
  if (answer.status !== 202) return refuse(answer);
  photo.objection = "waiting";
  const words = make("p", { text: text("objection_waiting"), tabindex: "-1" });
  button.replaceWith(words);
  words.focus(); // what had the focus is gone
}

const when = (photo) => photo.decided_at ?? photo.routed_at;

function row(photo) {
  const [item, words] = [make("li"), make("div")];
  const about = `decided-${photo.id}`;
  const label = labelName(photo.label, photo.vehicle);
  const at = new Date(when(photo)).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
  words.append(make("p", { class: "what", id: about, text: label }), make("p", { text: at }));
  if (photo.objection) words.append(make("p", { text: text(`objection_${photo.objection}`) }));
  const routed = photo.state === "routed"; // of an unusable one there is nothing to correct
  if (routed && photo.objection !== "waiting") {
    const click = ({ target }) => guarded(reopen(photo, target));
    words.append(make("button", { text: text("reopen"), "aria-describedby": about, click }));
  }
  if (routed && photo.number) {
    const click = () => {
      dialog.close();
      const { id, number, label, vehicle } = photo;
      correct({ id, number: number - 1, label, vehicle, photo });
    };
    words.append(make("button", { text: text("correct"), "aria-describedby": about, click }));
  }
  if (photo.picture) item.append(make("img", { src: photo.picture, alt: text("decided_picture", { label }) }));
  item.append(words);
  return item;
}

async function read() {
  show(more, false); // a page is read once
  const from = cursor && `&cursor=${encodeURIComponent(cursor)}`;
  const answer = await call("GET", `photos?decided_by=person&most=100${from}`).finally(() => show(more, cursor !== ""));
  if (answer.status !== 200) return refuse(answer);
  cursor = answer.body.cursor ?? "";
  // Of one that they are to judge without knowing, no label is told.
  const told = answer.body.photos.filter((it) => it.label);
  photos = [...photos, ...told].sort((one, other) => (when(one) < when(other) ? 1 : -1));
  list.replaceChildren(...photos.map(row));
  show(more, cursor !== "");
  show(find("none-decided"), !photos.length);
}

function guarded(work) {
  trouble.textContent = "";
  work.catch((error) => (trouble.textContent = text(error instanceof Offline ? "not_read" : "signed_out")));
}

export function offer(corrected) {
  correct = corrected;
  const button = find("todays");
  show(button);
  button.addEventListener("click", () => {
    [cursor, photos] = ["", []];
    list.replaceChildren();
    dialog.showModal();
    guarded(read());
  });
  more.addEventListener("click", () => guarded(read()));
  find("today-close").addEventListener("click", () => dialog.close());
}
