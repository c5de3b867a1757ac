// What a person does to the photo on the screen, and to those of before.
import { Offline, watchNetwork } from "./api.js";
import * as decisions from "./decisions.js";
import { hurry, isDesk, isTheirs, next, setAside } from "./desk.js";
import { alertUser, find, show } from "./elements.js";
import * as leases from "./leases.js";
import { askKind } from "./others.js";
import { load } from "./pictures.js";
import { settings, text } from "./settings.js";
import { naming, note, refusal, stage, stand, tell } from "./stage.js";

const SETTLE = 600; // whoever presses a key so soon after a photo came unasked has seen the one before
const TWICE = 300; // milliseconds within which the same again is one press
const undo = find("undo");
let last = { label: "", at: 0 };
let busy = false;
let connected = true;
let undone = 0; // the timer that takes the button away

export async function begin(person) {
  watchNetwork((now) => {
    connected = now;
    sayOffline();
  });
  await decisions.begin(person, heard);
}

export function choose(label, event) {
  if (!stage.stood || busy || (label === last.label && event.timeStamp - last.at < TWICE)) return;
  if (!isDesk()) return tell(text("elsewhere"));
  const seen = stage.shown;
  if (label !== "other") return decide(seen, label, "", event.timeStamp);
  askKind((vehicle) => decide(seen, label, vehicle, performance.now()));
}

async function decide(seen, label, vehicle, pressed) {
  const { correcting } = stage;
  if (stage.shown?.id !== seen.id || Date.now() - stage.swapped < SETTLE) return tell(text("changed"));
  if (seen.image.broken && !["unusable", "cannot_tell"].includes(label)) return tell(text("not_shown"));
  if (!correcting && !(await alone(() => isTheirs(stage.shown), text("not_leased")))) return;
  const photo = { ...stage.shown, ends: correcting ? undefined : stage.shown.ends };
  const seconds = Math.min(3600, (Date.now() - stage.stood) / 1000);
  const entry = decisions.decide(photo, { label, vehicle, seconds });
  entry.corrects = correcting !== null;
  leases.drop(stage.shown);
  if (label !== "other") last = { label, at: pressed };
  Object.assign(stage, { correcting: null, pressed });
  alertUser("");
  next();
  offerUndo(entry);
  sayOffline();
  hurry();
}

async function alone(doing, offline) {
  busy = true;
  try {
    return await doing();
  } catch (error) {
    tell(error instanceof Offline ? offline : refusal(error.message));
    return undefined;
  } finally {
    busy = false;
  }
}

function offerUndo(entry) {
  clearTimeout(undone);
  undo.querySelector("span").textContent = text("undo", naming(entry));
  undo.classList.remove("away");
  undone = setTimeout(() => undo.classList.add("away"), settings.grace_seconds * 1000);
}

export async function goBack() {
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
  if (name) return tell(photo ? text("withdrawn_lost", naming(entry)) : refusal(name, naming(entry)));
  setAside();
  stand(photo);
  note(text("withdrawn", naming(entry)));
}

export function correct(entry) {
  setAside();
  stage.correcting = entry;
  stand(load({ ...entry.photo, number: entry.number + 1 }));
  const driven = entry.photo.driver !== false;
  note(text(driven ? "told" : "took_effect", naming(entry)));
}

export function stopCorrecting() {
  if (!stage.correcting) return;
  if (stage.correcting.sub) decisions.putBack(stage.correcting); // a lead corrects others' as well
  stage.correcting = null;
  next();
}

function heard(entry, name) {
  if (name === "LeaseLost" && entry.corrects) tell(text("lease_of_another"));
  else if (name) tell(refusal(name, naming(entry)));
  else if (entry.late && entry.photo) offerUndo(entry); // its grace has only begun
  sayOffline();
}

function sayOffline() {
  const kept = decisions.underway().length;
  find("offline").textContent = text(kept ? "offline_kept" : "offline", { count: kept });
  show(find("offline"), !connected);
}
