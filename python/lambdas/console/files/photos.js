// The photos of this device, the newest first: those that are on their way, and the last answers.
import { all, drop } from "./kept.js";

const LIST = "scones-photos";
const MOST = 10;
const SHIFT = 12 * 60 * 60_000; // what is older is no longer shown
export const KEPT_MILLISECONDS = 15 * 60_000;
const SAVED = ["key", "id", "name", "at", "until", "state", "told", "label", "vehicle", "bay", "km", "objection", "problem", "wrong"];

export let photos = [];
let owner = "";
let changed = () => {};

/** What this person's device had before the page was loaded; each change is told to the watcher. */
export async function load(sub, watcher) {
  [owner, changed] = [sub, watcher];
  const saved = JSON.parse(localStorage.getItem(LIST) ?? "null");
  const before = saved?.sub === sub ? saved.photos.filter((it) => Date.now() - it.at < SHIFT) : [];
  before.filter(isUnsent).forEach((it) => (it.state = "expected"));
  const unsent = new Map();
  for (const { key, value } of await all("photos").catch(() => [])) {
    if (value.sub === sub) unsent.set(key, value);
    else if (value.until < Date.now()) drop("photos", key); // nobody else is going to
  }
  // What is not kept any more has been sent, and has an id; of anything else nothing is known.
  photos = before.filter((it) => it.id || over(it) || unsent.has(it.key));
  for (const [key, value] of unsent) {
    const photo = photos.find((it) => it.key === key) ?? { key, name: value.name, at: value.at, until: value.until };
    if (!photos.includes(photo)) photos.push(photo);
    Object.assign(photo, { state: "kept", kept: value });
  }
  photos.sort((one, other) => other.at - one.at);
  [...photos].reverse().forEach(changed);
}

export function add(photo) {
  photos.unshift(photo);
  change(photo, {});
}

export function change(photo, fields) {
  Object.assign(photo, fields);
  const finished = photos.filter(over);
  photos = photos.filter((it) => !over(it) || finished.indexOf(it) < MOST);
  const saved = photos.filter((it) => it.state !== "refused").map((it) => Object.fromEntries(SAVED.map((name) => [name, it[name]])));
  localStorage.setItem(LIST, JSON.stringify({ sub: owner, photos: saved }));
  changed(photo);
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
