// What becomes of the photos that were sent, and objections to it.
import { call, Offline, problem, sleep } from "./api.js";
import { change, isUnsent, over, photos } from "./photos.js";

const LOOK = 250;
const PENDING = 1000;
const PATIENT = 20_000; // whoever has waited so long does so for a person
const CORRECTED = 5 * 60_000; // an answer may still be corrected by whoever gave it
const SELDOM = 10_000;
const WRONG_MILLISECONDS = 15 * 60_000;

const due = new WeakMap();

/** Ask for all that may change, until nobody is signed in any more; what could not be said is told. */
export async function follow(tell) {
  for (;;) {
    const now = Date.now();
    for (const photo of photos.filter((it) => it.id && !isUnsent(it) && (due.get(it) ?? 0) <= now)) {
      const pace = findPace(photo, now);
      if (!pace) continue;
      try {
        await look(photo, tell);
      } catch (error) {
        if (!(error instanceof Offline)) throw error;
      }
      due.set(photo, Date.now() + pace);
    }
    await sleep(LOOK);
  }
}

/** The driver says that the answer is wrong: it is sent as soon as that is possible. */
export function objectTo(photo) {
  due.delete(photo);
  change(photo, { wrong: { objection: photo.objection, told: photo.told, until: Date.now() + WRONG_MILLISECONDS } });
}

function findPace(photo, now) {
  const slowly = document.hidden ? 5 : 1;
  if (!over(photo)) return slowly * (now - photo.at < PATIENT ? PENDING : 2 * PENDING);
  const mayChange = photo.state === "routed" && now - photo.heard < CORRECTED; // by this device's clock alone
  return mayChange ? slowly * SELDOM : 0;
}

async function look(photo, tell) {
  const answer = await call("GET", `/photos/${photo.id}`);
  if (answer.status === 200) learn(photo, answer.body);
  else if (answer.status < 500) change(photo, { state: "failed", problem: problem(answer), wrong: undefined });
  if (photo.wrong) await object(photo, tell);
}

function learn(photo, told) {
  const fields = {
    state: told.state,
    told: told.routed_at,
    label: told.label,
    vehicle: told.vehicle,
    bay: told.assignment?.loading_bay,
    km: told.assignment?.max_distance_km,
    objection: told.objection,
    problem: told.problem,
  };
  if (photo.told !== fields.told) fields.heard = Date.now();
  if (Object.entries(fields).some(([name, value]) => photo[name] !== value)) change(photo, fields);
}

async function object(photo, tell) {
  const { objection, told, until } = photo.wrong;
  // It got through before, though nobody said so; or it is too late by now.
  if (photo.objection !== objection || photo.told !== told || until < Date.now()) return change(photo, { wrong: undefined });
  const answer = await call("POST", `/photos/${photo.id}/objection`);
  if (answer.status >= 500) return;
  if (answer.status === 202) return change(photo, { wrong: undefined, objection: "waiting" });
  change(photo, { wrong: undefined });
  tell(problem(answer));
}
