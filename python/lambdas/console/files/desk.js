// While somebody acts at the page, the photo on the screen and the next one are theirs; while nobody does, nobody's.
import { Offline, SignedOut, sleep, watchNetwork } from "./api.js";
import { attend, unlock } from "./attention.js";
import { underway } from "./decisions.js";
import * as leases from "./leases.js";
import { load } from "./pictures.js";
import { text } from "./settings.js";
import { note, refusal, stage, stand, tell, writeWaiting } from "./stage.js";

const ACTIVE = 20_000;
const UNHEARD = 5000; // so long a driver waits silently while somebody may still be looking at other photos
const [TICK, EMPTY, LOOK] = [1000, 2000, 3000];
const [LONG, SELDOM] = [600_000, 8000]; // whoever is away for so long is called a little later
const AHEAD = 1;

let ahead = []; // what is leased for later, drivers first
let free = false; // whether one of the drivers who wait is nobody's
let acted = Date.now();
let asked = 0;
let wake = () => {};
let only = false; // of several pages of one person one is their desk: leases are the person's

const isActing = () => only && document.visibilityState === "visible" && Date.now() - acted < ACTIVE;
const besides = () => [...leases.ids(), ...underway()];
const room = () => (stage.shown && !stage.correcting ? AHEAD : AHEAD + 1) - ahead.length;

/** Whether this page may decide: another one of this person may be open. */
export const isDesk = () => only;

export function next(unasked) {
  const photo = ahead.shift();
  stand(photo ? load(photo) : null, unasked);
}

/** Somebody is there. */
export function act(event) {
  if (event?.type === "pointermove" && !event.movementX && !event.movementY) return; // the page moved, and nobody did
  const was = isActing();
  acted = Date.now();
  if (event?.type !== "pointermove") unlock();
  if (!was) wake();
  call();
}

/** There is something to do at once. */
export function hurry() {
  asked = 0;
  wake();
}

/** The photo on the screen comes again after the one that stands now. */
export function setAside() {
  if (!stage.correcting && stage.shown && leases.isHeld(stage.shown)) ahead.unshift(stage.shown);
  stage.correcting = null;
}

// A driver waits, and nobody is about to look.
function call() {
  const unheard = !stage.shown?.driver && ahead.some((it) => it.driver) && Date.now() - acted > UNHEARD;
  attend(only && (isActing() ? unheard : free) ? stage.waiting : 0);
}

function queue(photos) {
  const drivers = ahead.filter((it) => it.driver).length;
  ahead.splice(drivers, 0, ...photos.filter((it) => it.driver));
  ahead.push(...photos.filter((it) => !it.driver));
}

async function work() {
  for (const photo of await leases.renewAll()) {
    ahead = ahead.filter((it) => it !== photo);
    if (stage.shown !== photo) continue;
    tell(text("lost"));
    next(true);
  }
  if (stage.shown && !stage.correcting && !leases.isHeld(stage.shown)) return secure();
  while (isDue()) {
    asked = Date.now();
    const lot = await leases.take(Math.max(room(), 0), besides());
    writeWaiting(lot.waiting);
    queue(lot.photos);
    if (!stage.shown) next();
    if (!stage.shown) stage.pressed = 0;
    else if (lot.photos.length && room() > 0) asked = 0;
  }
  await leases.giveBack(ahead.splice(ahead.length + Math.min(room(), 0)));
}

// More is asked for while there is room, and drivers in any case unless one is ready.
function isDue() {
  if (room() <= 0 && ahead.some((it) => it.driver)) return false;
  return isActing() && Date.now() - asked >= (room() > 0 ? EMPTY : LOOK);
}

// The photo that is seen is nobody's yet: it is this person's now, or another one comes.
async function secure() {
  const seen = stage.shown;
  const lot = await leases.take(AHEAD + 1, besides());
  writeWaiting(lot.waiting);
  const same = lot.photos.find((it) => it.id === seen.id);
  queue(lot.photos.filter((it) => it !== same));
  if (stage.shown !== seen) return queue(same ? [same] : []);
  if (same) {
    stage.shown = same;
    if (same.image !== seen.image) stand(same);
    return undefined;
  }
  tell(text("came_first"));
  next(true);
}

/** Whether the photo that was seen is this person's now. Throws if that cannot be known. */
export async function isTheirs(seen) {
  if (leases.isHeld(seen)) return true;
  await leases.inTurn(() => stage.shown === seen && !leases.isHeld(seen) && secure());
  return stage.shown?.id === seen.id && leases.isHeld(stage.shown);
}

// Nobody acts: all is free for others, and the page shows what would come.
async function rest() {
  await leases.inTurn(async () => {
    if (isActing()) return;
    if (stage.correcting) {
      stage.correcting = null;
      next(true);
    }
    ahead = [];
    await leases.giveBack();
  });
  const lot = await leases.look(AHEAD + 1, underway());
  writeWaiting(lot.waiting);
  free = lot.free;
  const [first] = lot.next;
  if (first?.id !== stage.shown?.id) {
    await (first && load(first).image.ready);
    if (!isActing()) stand(first ?? null, true);
  }
  if (!only) note(text("elsewhere"));
}

// A picture that did not come may come now, by a new address.
function lookAgain() {
  if (!stage.shown?.image.broken || stage.correcting) return;
  leases.drop(stage.shown);
  hurry();
}

// A browser may take its time to say which page is the desk. Whoever pressed a key meanwhile would hear that it is elsewhere.
async function sitDown(name) {
  const seated = new Promise((done) => {
    navigator.locks.request(name, () => {
      only = true;
      if (stage.shown) stand(stage.shown);
      hurry();
      done();
      return new Promise(() => {}); // until this page is closed
    });
  });
  const { pending } = await navigator.locks.query();
  if (!pending.some((it) => it.name === name)) await seated;
}

/** Until the person is signed out. */
export async function tend(person) {
  acted = Date.now();
  await sitDown(`scones-desk-${person}`);
  watchNetwork((connected) => connected && lookAgain());
  document.addEventListener("visibilitychange", () => wake());
  addEventListener("pagehide", () => leases.giveBack());
  for (;;) {
    try {
      await (isActing() ? leases.inTurn(work) : rest());
    } catch (error) {
      if (error instanceof SignedOut) return attend(0);
      if (!(error instanceof Offline)) tell(refusal(error.message));
    }
    call();
    // A timer that is set after an answer is not slowed down in a page that nobody sees.
    const pause = Date.now() - acted > LONG ? SELDOM : LOOK;
    await Promise.race([sleep(isActing() ? TICK : pause), new Promise((done) => (wake = done))]);
  }
}
