// What this person has decided: sent at once, or kept until the network is back. It counts if it arrived before the
// photo's lease ended, even if the answer was lost: that is known only when the same has been sent again.
import { Offline, call, problem, sleep, watchNetwork } from "./api.js";
import { all, drop, keep } from "./kept.js";

const MOST = 20;
const PAUSE = 1000;
const LOOK = 50;
const CORRECTS = 60_000; // a correction has no lease whose end it could wait for
const STORE = "decisions";
const unsent = new Set();
const made = []; // the last is the newest
let connected = true;
let sub = "";
let hear = () => {};

export const underway = () => [...unsent].map((it) => it.id);
export const takeLast = () => made.pop();
export const putBack = (entry) => made.push(entry);

/** What an earlier page could not send goes now. `heard` gets each decision and the name of its problem, or "". */
export async function begin(person, heard) {
  [sub, hear] = [person, heard];
  watchNetwork((now) => (connected = now));
  for (const { key, value } of await all(STORE).catch(() => [])) {
    if (value.sub === sub) send({ ...value, key, late: true });
    else if (value.until < Date.now()) await drop(STORE, key).catch(() => {});
  }
}

export function decide(photo, said) {
  const { id, number, ends } = photo;
  const value = { id, number, ...said, sub, until: ends ?? Date.now() + CORRECTS };
  const entry = { ...value, photo, key: `${id}-${number}` };
  entry.kept = keep(STORE, entry.key, value).catch(() => {}); // a browser may refuse to keep anything
  made.push(entry);
  if (made.length > MOST) made.shift();
  send(entry);
  return entry;
}

async function send(entry) {
  unsent.add(entry);
  const name = await deliver(entry);
  if (name === null) return; // it is kept, and goes after the next sign-in
  unsent.delete(entry);
  await entry.kept;
  await drop(STORE, entry.key).catch(() => {});
  if (name && made.includes(entry)) made.splice(made.indexOf(entry), 1);
  hear(entry, name);
}

// Again after any doubt: the same under the same number is one decision.
async function deliver(entry) {
  const { label, vehicle, seconds } = entry;
  const body = { label, seconds, ...(vehicle && { vehicle }) };
  for (;;) {
    try {
      const answer = await call("PUT", `photos/${entry.id}/decisions/${entry.number}`, body);
      if (answer.status === 202) return "";
      if (answer.status < 500) return Date.now() > entry.until ? "TooLateToSend" : problem(answer) || "Unknown";
    } catch (error) {
      if (!(error instanceof Offline)) return null;
    }
    entry.late = true;
    await sleep(PAUSE);
  }
}

/** "" if it is withdrawn, else the name of the problem. */
export async function withdraw(entry) {
  while (unsent.has(entry)) {
    if (!connected) throw new Offline();
    await sleep(LOOK);
  }
  const answer = await call("DELETE", `photos/${entry.id}/decisions/${entry.number}`);
  return answer.status === 200 ? "" : problem(answer) || "Unknown";
}
