// The photo of the driver who waits longest, and one key for what it is.
import { Offline, SignedOut, sleep, watchNetwork } from "./api.js";
import { attend, unlock } from "./attention.js";
import * as decisions from "./decisions.js";
import { alertUser, find, hide, make, say, show } from "./elements.js";
import { openGuideline } from "./guideline.js";
import { assign, isOurs } from "./keys.js";
import { offer } from "./lead.js";
import * as leases from "./leases.js";
import { askKind } from "./others.js";
import { load, zoom } from "./pictures.js";
import { begin, signIn, signOut } from "./session.js";
import { labelName, settings, text } from "./settings.js";

const ACTIVE = 20_000;
const UNHEARD = 5000; // so long a driver waits silently while somebody may still be looking at other photos
const [TICK, EMPTY, LOOK] = [1000, 2000, 3000];
const SETTLE = 600; // whoever presses a key so soon after a photo came unasked has seen the one before
const TWICE = 300; // a double click is one
const ALERTED = 10_000;
const AHEAD = 1;
const [frame, empty, notice, choices, undo, leave] = ["photo", "empty", "notice", "choices", "undo", "leave"].map(find);

let person = null;
let shown = null;
let stood = 0; // since when its picture is to be seen
let swapped = 0; // when it came unasked
let ahead = []; // what is leased for later, drivers first
let correcting = null; // a decision that has taken effect
let waiting = 0;
let free = false; // whether one of the drivers who wait is nobody's
let acted = Date.now();
let asked = 0;
let chosen = 0; // when the last was decided, by clicks
let pressed = 0; // the key that is waiting for the next picture
let busy = false;
let alerted = 0;
let undone = 0; // the timer that takes the button away
let wake = () => {};

const isActing = () => document.visibilityState === "visible" && Date.now() - acted < ACTIVE;
// That a driver waits, and nobody is about to look.
const isCalled = () => (isActing() ? !shown?.driver && ahead.some((it) => it.driver) && Date.now() - acted > UNHEARD : free);

function tell(words) {
  alertUser(words);
  clearTimeout(alerted);
  alerted = setTimeout(alertUser, ALERTED, "");
}

const said = ({ label, vehicle }) => ({ label: labelName(label, vehicle) });
const refusal = (name, values) => text(`problem_${name}`, values) || text("problem_Unknown");

function act(event) {
  if (event?.type === "pointermove" && !event.movementX && !event.movementY) return; // the page moved, and nobody did
  const was = isActing();
  acted = Date.now();
  if (event?.type !== "pointermove") unlock();
  if (!was) wake();
  attend(isCalled() ? waiting : 0);
}

// What is on the screen

function stand(photo, unasked = false) {
  [shown, stood] = [photo, 0];
  if (unasked) swapped = Date.now();
  frame.classList.remove("zoomed");
  for (const button of buttons) show(button, photo !== null);
  show(empty, photo === null);
  show(leave, correcting !== null);
  notice.textContent = "";
  if (!photo) return hide(frame);
  if (photo.image.stands || photo.image.broken) return place();
  hide(frame);
  photo.image.ready.then(() => shown?.id === photo.id && !stood && place());
}

function place() {
  frame.replaceChildren(shown.image.broken ? make("p", { text: text("not_shown") }) : shown.image);
  show(frame);
  stood = Date.now();
  if (pressed) {
    const start = pressed;
    pressed = 0;
    requestAnimationFrame(() => performance.measure("next-photo", { start, end: performance.now() }));
  }
  say(text("next_photo", { waits: count() }));
}

function count() {
  return waiting ? text(waiting === 1 ? "waits_one" : "waits_many", { count: waiting }) : text("waits_none");
}

function hear(lot) {
  waiting = lot.waiting;
  find("count").textContent = count();
}

const next = (unasked) => stand(ahead.shift() ?? null, unasked);

// What is leased, one thing at a time

const besides = () => [...leases.ids(), ...decisions.underway()];

function queue(photos) {
  const drivers = ahead.filter((it) => it.driver).length;
  ahead.splice(drivers, 0, ...photos.filter((it) => it.driver));
  ahead.push(...photos.filter((it) => !it.driver));
}

async function work() {
  for (const photo of await leases.renewAll()) {
    ahead = ahead.filter((it) => it !== photo);
    if (shown !== photo) continue;
    tell(text("lost"));
    next(true);
  }
  if (shown && !correcting && !leases.isHeld(shown)) return secure();
  while (isDue()) {
    asked = Date.now();
    const lot = await leases.take(Math.max(room(), 0), besides());
    hear(lot);
    queue(lot.photos);
    if (!shown) next();
    if (!shown) pressed = 0;
    else if (lot.photos.length && room() > 0) asked = 0;
  }
  await leases.giveBack(ahead.splice(Math.max(0, ahead.length + Math.min(room(), 0))));
}

const room = () => (shown && !correcting ? AHEAD : AHEAD + 1) - ahead.length;

// More is asked for while there is room, and drivers in any case unless one is ready.
function isDue() {
  if (room() <= 0 && ahead.some((it) => it.driver)) return false;
  return isActing() && Date.now() - asked >= (room() > 0 ? EMPTY : LOOK);
}

// The photo that is seen is nobody's yet: it is this person's now, or another one comes.
async function secure() {
  const seen = shown;
  const lot = await leases.take(AHEAD + 1, besides());
  hear(lot);
  const same = lot.photos.find((it) => it.id === seen.id);
  queue(lot.photos.filter((it) => it !== same));
  if (shown !== seen) return same && queue([same]);
  if (same) {
    shown = same;
    return;
  }
  tell(text("came_first"));
  next(true);
}

// Nobody acts: all is free for others, and the page shows what would come.
async function rest() {
  await leases.inTurn(async () => {
    if (isActing()) return;
    if (correcting) {
      correcting = null;
      next(true);
    }
    ahead = [];
    await leases.giveBack();
  });
  const mine = decisions.underway();
  const lot = await leases.look(AHEAD + 1, mine);
  hear(lot);
  free = waiting > 0 && (await leases.look(0, mine)).next.length > 0;
  const [first] = lot.next;
  if (first?.id === shown?.id) return;
  await (first && load(first).image.ready);
  if (!isActing()) stand(first ?? null, true);
}

async function tend() {
  for (;;) {
    try {
      await (isActing() ? leases.inTurn(work) : rest());
    } catch (error) {
      if (error instanceof SignedOut) return enter(text("signed_out"));
      if (!(error instanceof Offline)) tell(refusal(error.message));
    }
    attend(isCalled() ? waiting : 0);
    // A timer that is set after an answer is not slowed down in a page that nobody sees.
    await Promise.race([sleep(isActing() ? TICK : LOOK), new Promise((done) => (wake = done))]);
  }
}

// What the person does

async function choose(label, vehicle, event) {
  if (!stood || busy) return;
  if (Date.now() - swapped < SETTLE) return tell(text("changed"));
  if (shown.image.broken && !["unusable", "cannot_tell"].includes(label)) return tell(text("not_shown"));
  if (!correcting && !leases.isHeld(shown)) {
    const seen = shown;
    await alone(() => leases.inTurn(() => shown === seen && !leases.isHeld(seen) && secure()), text("not_leased"));
    if (shown?.id !== seen.id || !leases.isHeld(shown)) return;
  }
  const seconds = Math.min(3600, (Date.now() - stood) / 1000);
  leases.drop(shown);
  const photo = correcting ? { ...shown, ends: undefined } : shown;
  const entry = decisions.decide(photo, { label, vehicle, seconds });
  entry.corrects = correcting !== null;
  offerUndo(entry);
  sayOffline();
  correcting = null;
  pressed = event.timeStamp;
  alertUser("");
  next();
  asked = 0;
  wake();
}

async function alone(doing, offline) {
  busy = true;
  try {
    return await doing();
  } catch (error) {
    if (error instanceof SignedOut) enter(text("signed_out"));
    else tell(error instanceof Offline ? offline : refusal(error.message));
    return undefined;
  } finally {
    busy = false;
  }
}

function offerUndo(entry) {
  clearTimeout(undone);
  undo.querySelector("span").textContent = text("undo", said(entry));
  undo.classList.remove("away");
  undone = setTimeout(() => undo.classList.add("away"), settings.grace_seconds * 1000);
}

async function goBack() {
  if (busy) return;
  const entry = decisions.takeLast();
  if (!entry) return tell(text("nothing_back"));
  undo.classList.add("away");
  let photo = null;
  const name = await alone(async () => {
    const refused = await decisions.withdraw(entry);
    if (refused) return refused;
    photo = load({ ...entry.photo, number: entry.number + 1 });
    return leases.inTurn(() => leases.renew(photo));
  }, text("not_withdrawn"));
  if (name === undefined) return decisions.putBack(entry);
  if (name === "DecisionTooLate") return correct(entry);
  if (name) return tell(photo ? text("withdrawn_lost", said(entry)) : refusal(name, said(entry)));
  setAside();
  stand(photo);
  notice.textContent = text("withdrawn", said(entry));
  say(notice.textContent);
}

function setAside() {
  if (!correcting && shown && leases.isHeld(shown)) ahead.unshift(shown);
  correcting = null;
}

function correct(entry) {
  setAside();
  correcting = entry;
  stand(load({ ...entry.photo, number: entry.number + 1 }));
  const driven = entry.photo.driver !== false;
  notice.textContent = text(driven ? "told" : "took_effect", said(entry));
  say(notice.textContent);
}

function stopCorrecting() {
  if (!correcting) return;
  decisions.putBack(correcting);
  correcting = null;
  next();
}

function askOther(event) {
  if (!stood || busy) return;
  const seen = shown;
  askKind((vehicle) => (shown?.id === seen.id ? choose("other", vehicle, event()) : tell(text("changed"))));
}

function heard(entry, name) {
  if (name === "LeaseLost" && entry.corrects) tell(text("lease_of_another"));
  else if (name) tell(refusal(name, said(entry)));
  else if (entry.late && entry.photo) offerUndo(entry); // its grace has only begun
  sayOffline();
}

// The page

const keys = assign();
const commands = new Map([
  ...[...keys].map(([label, key]) => [key, (event) => pick(label, event)]),
  ["backspace", goBack],
  ["z", () => zoom(frame)],
  ["h", openGuideline],
  ["escape", stopCorrecting],
]);

function pick(label, event) {
  if (label === "other") askOther(() => ({ timeStamp: performance.now() }));
  else choose(label, "", event);
}

const buttons = [...keys].map(([label, key]) => {
  const click = (event) => {
    if (event.detail && event.timeStamp - chosen < TWICE) return;
    chosen = event.timeStamp;
    pick(label, event);
  };
  const [words, press] = [make("span", { text: labelName(label) }), make("kbd", { text: key === " " ? text("key_space") : key })];
  return make("button", { type: "button", "data-label": label, hidden: true, click }, words, press);
});
choices.prepend(...buttons);

addEventListener("keydown", (event) => {
  act(event);
  if (event.repeat && event.target.closest?.("button")) event.preventDefault(); // a held key presses once
  const run = person && isOurs(event) && commands.get(event.key.toLowerCase());
  if (!run) return;
  event.preventDefault();
  if (!event.repeat) run(event);
});
// Space is an answer, and presses no button that has the focus.
addEventListener("keyup", (event) => event.key === " " && isOurs(event) && event.preventDefault());
for (const name of ["pointermove", "pointerdown", "wheel"]) addEventListener(name, act, { passive: true });
document.addEventListener("visibilitychange", () => wake());
addEventListener("pagehide", () => leases.giveBack());
undo.addEventListener("click", goBack);
leave.addEventListener("click", stopCorrecting);
find("back").addEventListener("click", goBack);
find("zoom").addEventListener("click", () => zoom(frame));
frame.addEventListener("click", (event) => zoom(frame, event));
find("guide").addEventListener("click", openGuideline);
find("sign-in").addEventListener("click", signIn);
find("sign-out").addEventListener("click", async () => {
  await leases.inTurn(() => leases.giveBack());
  await signOut();
});

let connected = true;
function sayOffline() {
  const kept = decisions.underway().length;
  find("offline").textContent = text(kept ? "offline_kept" : "offline", { count: kept });
  show(find("offline"), !connected);
}

function enter(words) {
  person = null;
  attend(0);
  for (const id of ["desk", "tools", "sign-out"]) hide(find(id));
  find("why").textContent = words;
  show(find("enter"));
}

async function start() {
  person = await begin();
  hide(find("starting"));
  if (!person) return enter(text("welcome"));
  find("who").textContent = text("who", { name: person.name });
  show(find("to-arrivals"), person.roles.has("arrivals") || person.roles.has("leads"));
  show(find("sign-out"));
  if (!person.roles.has("reviewers") && !person.roles.has("leads")) {
    find("why").textContent = text("no_role");
    hide(find("sign-in"));
    show(find("to-arrivals"));
    return show(find("enter"));
  }
  if (person.roles.has("leads")) offer(correct);
  for (const id of ["desk", "tools"]) show(find(id));
  watchNetwork((now) => {
    connected = now;
    sayOffline();
  });
  await decisions.begin(person.sub, heard);
  acted = Date.now();
  await tend();
}

start();
