// What people decided today: for a lead, who reopens and corrects.
import { Offline, call, problem } from "./api.js";
import { alertUser, find, make, say, show } from "./elements.js";
import { labelName, text } from "./settings.js";

const [dialog, list, more] = [find("today"), find("decided"), find("more")];
let cursor = "";
let correct = () => {};

function refuse(answer) {
  alertUser(text(`problem_${problem(answer)}`) || text("problem_Unknown"));
}

async function reopen(photo, button) {
  const answer = await call("POST", `photos/${photo.id}/objection`);
  if (answer.status !== 202) return refuse(answer);
  button.replaceWith(make("p", { text: text("reopened") }));
  say(text("reopened"));
}

function row(photo) {
  const [item, words] = [make("li"), make("div")];
  const label = labelName(photo.label, photo.vehicle);
  const at = new Date(photo.routed_at).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
  words.append(make("p", { class: "what", text: label }), make("p", { text: at }));
  if (photo.objection) words.append(make("p", { text: text(`objection_${photo.objection}`) }));
  if (photo.objection !== "waiting") {
    const click = ({ target }) => guarded(reopen(photo, target));
    words.append(make("button", { type: "button", text: text("reopen"), click }));
  }
  if (photo.number) {
    const click = () => {
      dialog.close();
      const { id, number, label, vehicle } = photo;
      correct({ id, number: number - 1, label, vehicle, photo });
    };
    words.append(make("button", { type: "button", text: text("correct"), click }));
  }
  if (photo.picture) item.append(make("img", { src: photo.picture, alt: text("decided_picture", { label }), loading: "lazy" }));
  item.append(words);
  return item;
}

async function read() {
  const answer = await call("GET", `photos?decided_by=person${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
  if (answer.status !== 200) return refuse(answer);
  cursor = answer.body.cursor ?? "";
  list.append(...answer.body.photos.map(row));
  show(more, cursor !== "");
  show(find("none-decided"), !list.children.length);
}

// The banner says that the network is off, and who is signed out is told elsewhere.
function guarded(work) {
  work.catch((error) => {
    if (!(error instanceof Offline)) throw error;
    alertUser(text("not_read"));
  });
}

export function offer(corrected) {
  correct = corrected;
  const button = find("todays");
  show(button);
  button.addEventListener("click", () => {
    cursor = "";
    list.replaceChildren();
    dialog.showModal();
    guarded(read());
  });
  more.addEventListener("click", () => guarded(read()));
  find("today-close").addEventListener("click", () => dialog.close());
}
