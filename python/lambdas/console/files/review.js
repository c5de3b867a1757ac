// The photo of the driver who waits longest, and one key for what it is.
import { sleep } from "./api.js";
import { begin, choose, correct, goBack, stopCorrecting } from "./deciding.js";
import { act, tend } from "./desk.js";
import { find, hide, make, show } from "./elements.js";
import { openGuideline } from "./guideline.js";
import { assign, isOurs } from "./keys.js";
import { offer } from "./lead.js";
import * as leases from "./leases.js";
import { zoom } from "./pictures.js";
import { begin as enter, signIn, signOut } from "./session.js";
import { labelName, text } from "./settings.js";

const PATIENCE = 3000;
const frame = find("photo");
const choices = [...assign()];
const keys = new Map([
  ...choices.map(([label, key]) => [key, (event) => choose(label, event)]),
  ["backspace", goBack],
  ["z", () => zoom(frame)],
  ["h", openGuideline],
  ["escape", stopCorrecting],
]);
const clicks = {
  undo: goBack,
  back: goBack,
  leave: stopCorrecting,
  zoom: () => zoom(frame),
  photo: () => zoom(frame),
  guide: openGuideline,
  "sign-in": signIn,
  "sign-out": leaveDesk,
};
let decides = false;

function drawChoice([label, key]) {
  const click = (event) => choose(label, event);
  const [words, press] = [make("span", { text: labelName(label) }), make("kbd", { text: key === " " ? text("key_space") : key })];
  return make("button", { class: "away", "data-label": label, click }, words, press);
}

async function leaveDesk() {
  await Promise.race([leases.inTurn(() => leases.giveBack()), sleep(PATIENCE)]); // they run out by themselves
  await signOut();
}

addEventListener("keydown", (event) => {
  act(event);
  if (event.repeat && event.target.closest?.("button")) event.preventDefault(); // a held key presses once
  if (event.key === " " && event.target.closest?.("button, a")) return; // somebody tabbed there
  const run = decides && isOurs(event) && keys.get(event.key?.toLowerCase());
  if (!run) return;
  event.preventDefault();
  if (!event.repeat) run(event);
});
// Whoever clicks goes on by keys: Space is an answer then, and presses the button no second time.
addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur(), { capture: true });
for (const name of ["pointermove", "pointerdown", "wheel"]) addEventListener(name, act, { passive: true });
for (const [id, click] of Object.entries(clicks)) find(id).addEventListener("click", click);
find("choices").prepend(...choices.map(drawChoice));

function ask(words) {
  decides = false;
  for (const id of ["desk", "tools", "sign-out"]) hide(find(id));
  find("why").textContent = words;
  show(find("enter"));
}

async function start() {
  const person = await enter();
  hide(find("starting"));
  if (!person) return ask(text("welcome"));
  const [leads, arrives] = ["leads", "arrivals"].map((role) => person.roles.has(role));
  decides = leads || person.roles.has("reviewers");
  if (!decides) {
    ask(text("no_role"));
    hide(find("sign-in"));
  }
  find("who").textContent = text("who", { name: person.name });
  show(find("to-arrivals"), arrives || leads || !decides);
  show(find("sign-out"));
  if (!decides) return;
  if (leads) offer(correct);
  for (const id of ["desk", "tools"]) show(find(id));
  await begin(person.sub);
  await tend(person.sub);
  ask(text("signed_out"));
}

start();
