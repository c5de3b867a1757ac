// The photos of this device, the newest first: those that are on their way, and the last answers.
import { all, recall, remember } from "./kept.js";

const LIST = "scones-photos"; // of each person who sent any here
const MOST = 10;
const SHIFT = 12 * 60 * 60_000; // what is older is no longer shown
export const KEPT_MILLISECONDS = 15 * 60_000;
const SAVED = ["key", "id", "name", "at", "until", "state", "told", "heard", "label", "vehicle", "bay", "km", "objection", "problem", "wrong"];

export let photos = [];
let owner = "";
let changed = () => {};

/** What this person's device had before the page was loaded; each change is told to the watcher. */
export async function load(sub, watcher) {
  [owner, changed] = [sub, watcher];
  const before = recent()[sub] ?? [];
  const unsent = new Map();
  for (const { key, value } of await all("photos").catch(() => [])) {
    if (value.sub === sub) unsent.set(key, value);
  }
  // What is not kept any more has been sent, and has an id, or has had its time; of anything else nothing is known.
  for (const photo of before.filter(isUnsent)) photo.state = photo.id || photo.until > Date.now() ? "expected" : "lost";
  photos = before.filter((it) => it.id || over(it) || unsent.has(it.key));
  for (const [key, value] of unsent) {
    const photo = photos.find((it) => it.key === key) ?? { key, name: value.name, at: value.at, until: value.until };
    if (!photos.includes(photo)) photos.push(photo);
    Object.assign(photo, { state: "kept", kept: value, stored: true });
  }
  photos.sort(byAge);
  [...photos].reverse().forEach(changed);
}

export function add(photo) {
  photos.unshift(photo);
  change(photo, { state: photo.state });
}

export function change(photo, fields) {
  Object.assign(photo, fields);
  photos = newest(photos);
  if (Object.keys(fields).some((name) => SAVED.includes(name))) save(); // not at each step of the upload's bar
  changed(photo);
}

/** Beside what another tab, or another person, has saved. */
function save() {
  const lists = recent();
  const others = (lists[owner] ?? []).filter((it) => !photos.some((own) => own.key === it.key));
  const every = newest([...photos, ...others].sort(byAge)).filter((it) => it.state !== "refused");
  lists[owner] = every.map((it) => Object.fromEntries(SAVED.map((name) => [name, it[name]])));
  remember(LIST, JSON.stringify(lists));
}

/** By person, what is not older than a shift. */
function recent() {
  const lists = Object.entries(JSON.parse(recall(LIST)) ?? {});
  const kept = lists.map(([sub, list]) => [sub, list.filter((it) => Date.now() - it.at < SHIFT)]);
  return Object.fromEntries(kept.filter(([, list]) => list.length));
}

function newest(list) {
  const finished = list.filter(over);
  return list.filter((it) => !over(it) || finished.indexOf(it) < MOST);
}

function byAge(one, other) {
  return other.at - one.at;
}

/** Whether it is still on the device alone. */
export function isUnsent(photo) {
  return photo.state === "kept" || photo.state === "uploading";
}

/** Whether nothing is going to happen to it by itself. */
export function over(photo) {
  const answered = photo.state === "routed" && photo.objection !== "waiting" && !photo.wrong;
  return answered || ["decided", "failed", "lost", "refused"].includes(photo.state);
}
