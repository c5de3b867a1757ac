// Which photos are this person's now. A photo has an id, the number of its next decision, when its lease ends, and whether
// its driver waits.
import { call, problem } from "./api.js";
import { load } from "./pictures.js";

const LONGEST = 60_000;
const RENEWED = 20_000;
const held = new Map(); // by id

export const ids = () => [...held.keys()];
export const isHeld = (photo) => held.get(photo.id) === photo && photo.ends > Date.now();

// One thing at a time: a lease that is given back late would take a newer one of the same photo with it.
let last = Promise.resolve();
export function inTurn(work) {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
}

async function ask(body) {
  const asked = Date.now();
  const answer = await call("POST", "leases", body);
  if (answer.status !== 200) throw new Error(problem(answer) || "Unknown");
  return [answer.body, (until) => end(answer, until, asked)];
}

// By the server's clock: this one may be wrong.
function end(answer, until, asked) {
  const now = Date.parse(answer.headers.get("date")) || asked;
  return asked + Math.min(LONGEST, Date.parse(until) - now);
}

export async function take(most, besides) {
  const [lot, ends] = await ask({ most, besides: besides.slice(0, 20) });
  const photos = lot.photos.map((it) => {
    const photo = { ...it, driver: "waits_since" in it, ends: ends(it.until), renewed: Date.now() };
    held.set(photo.id, photo);
    return load(photo);
  });
  return { photos, waiting: lot.waiting };
}

// What would come, for a page at which nobody acts.
export async function look(most, besides) {
  const [lot] = await ask({ most, besides: besides.slice(0, 20), take: false });
  return lot;
}

export function drop(photo) {
  if (held.get(photo.id) === photo) held.delete(photo.id);
}

// The name of the problem if it is not this person's any more.
export async function renew(photo) {
  const asked = Date.now();
  const answer = await call("PUT", `leases/${photo.id}`);
  if (answer.status !== 200) {
    drop(photo);
    return problem(answer) || "LeaseLost";
  }
  Object.assign(photo, { ends: end(answer, answer.body.until, asked), renewed: asked });
  held.set(photo.id, photo);
  return "";
}

// Those that are lost meanwhile.
export async function renewAll() {
  const due = [...held.values()].filter((it) => Date.now() - it.renewed >= RENEWED);
  const names = await Promise.all(due.map(renew));
  return due.filter((_, place) => names[place]);
}

export async function giveBack(photos = [...held.values()]) {
  photos.forEach(drop);
  // One that cannot be given back runs out by itself.
  await Promise.allSettled(photos.map((it) => call("DELETE", `leases/${it.id}`)));
}
