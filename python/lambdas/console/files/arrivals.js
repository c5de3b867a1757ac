// The page of those who arrive: a photo goes in, and where its driver goes comes out.
import { SignedOut, watchNetwork } from "./api.js";
import { follow, objectTo } from "./answers.js";
import { hasCamera, start, stop } from "./camera.js";
import { alertUser, find, hide, say, show } from "./elements.js";
import { recall, remember } from "./kept.js";
import { describe, makeCard } from "./photo_card.js";
import { add, isUnsent, load, photos } from "./photos.js";
import { accept, send, visible } from "./sending.js";
import { begin, signIn, signOut } from "./session.js";
import { text } from "./settings.js";
import { shrink } from "./shrink.js";

const SOURCE = "scones-source";
const RECENT = 10 * 60_000;
const MAY_SEND = ["arrivals", "leads"];

const cards = new Map();
let person = null;
let source = "";
let current = null; // the photo that is shown large
let online = true;

find("sign-in").addEventListener("click", signIn);
find("sign-out").addEventListener("click", signOut);
source = readSource();
person = await begin();
if (person) greet();
else show(find("sign-in"));

function greet() {
  hide(find("start"));
  find("who").textContent = text("who", { name: person.name });
  show(find("who"));
  show(find("sign-out"));
  show(find("to-review"), person.roles.has("reviewers") || person.roles.has("leads"));
  if (MAY_SEND.some((role) => person.roles.has(role))) open();
  else turnAway();
}

/** Who is in no group that may send. */
function turnAway() {
  find("welcome").textContent = text("stranger");
  show(find("start"));
}

async function open() {
  show(find("send"));
  listen();
  watchNetwork((now) => {
    online = now;
    for (const card of cards.values()) card.update(online);
    tellNetwork();
  });
  await load(person.sub, draw);
  const newest = photos[0];
  if (newest && Date.now() - newest.at < RECENT) enlarge(newest);
  photos.filter(isUnsent).forEach(begun);
  follow((name) => alertUser(text(`problem_${name}`) || text("problem_other"))).catch(leave);
}

/** As `?source=` of the address says; the device remembers it. */
function readSource() {
  const given = new URLSearchParams(location.search).get("source");
  if (given !== null) remember(SOURCE, visible(given, 64));
  return recall(SOURCE) ?? visible(given ?? "", 64);
}

/** Somebody has to sign in again. What is kept stays until then. */
function leave(error) {
  if (!(error instanceof SignedOut)) throw error;
  find("welcome").textContent = text("signed_out");
  show(find("start"));
  show(find("sign-in"));
  hide(find("send"));
  hide(find("sign-out"));
  alertUser(text("signed_out"));
}

function listen() {
  find("choose").addEventListener("click", () => find("files").click());
  for (const id of ["files", "capture"]) {
    find(id).addEventListener("change", (event) => {
      take([...event.target.files]);
      event.target.value = "";
    });
  }
  find("take").addEventListener("click", openCamera);
  find("shutter").addEventListener("click", async () => {
    hide(find("shutter")); // once is one photo
    const bitmap = await createImageBitmap(find("video"));
    closeCamera();
    take([bitmap]);
  });
  find("close").addEventListener("click", closeCamera);
  document.addEventListener("paste", (event) => take([...event.clipboardData.files]));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.dataset.drop = "";
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || delete document.body.dataset.drop);
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    delete document.body.dataset.drop;
    const files = [...event.dataTransfer.files];
    if (files.length === 0) alertUser(text("problem_not_a_photo")); // words, or a link
    take(files);
  });
}

async function openCamera() {
  if (!(await hasCamera())) return find("capture").click();
  closeCamera(); // it may be open already
  show(find("camera"));
  hide(find("send"));
  find("close").focus();
  try {
    if (!(await start(find("video")))) return;
    show(find("shutter"));
    find("shutter").focus();
  } catch {
    closeCamera();
    alertUser(text("no_camera"));
  }
}

function closeCamera() {
  stop(find("video"));
  hide(find("camera"));
  hide(find("shutter"));
  show(find("send"));
}

async function take(files) {
  if (files.length === 0) return;
  alertUser("");
  enlarge(null);
  for (const file of files) {
    const photo = await read(file);
    if (files.length === 1) enlarge(photo);
    if (photo.kept) begun(photo);
  }
}

async function read(file) {
  const name = file.name ?? text("from_camera");
  const problem = file.type && !file.type?.startsWith("image/") ? "not_a_photo" : "unreadable";
  const blob = problem === "unreadable" && (await shrink(file).catch(() => null));
  if (blob) return accept(person.sub, blob, name, source);
  const photo = { key: crypto.randomUUID(), name: visible(name, 255), at: Date.now(), state: "refused", problem };
  add(photo);
  return photo;
}

function begun(photo) {
  send(photo).catch(leave);
}

function enlarge(photo) {
  if (current) find("list").prepend(cards.get(current).element);
  current = photo;
  if (photo) {
    find("current").replaceChildren(cards.get(photo).element);
    cards.get(photo).element.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  show(find("photos"), find("list").children.length > 0);
}

function draw(photo) {
  if (!cards.has(photo)) {
    cards.set(photo, makeCard(photo, () => objectTo(photo), openCamera));
    find("list").prepend(cards.get(photo).element);
  }
  const card = cards.get(photo);
  const before = card.said;
  card.said = describe(photo, online);
  card.update(online);
  if (before !== undefined && before !== card.said) say(card.said);
  for (const [other, { element, forget }] of cards) {
    if (photos.includes(other) || other === photo || other === current) continue;
    element.remove();
    forget();
    cards.delete(other);
  }
  show(find("photos"), find("list").children.length > 0);
  tellNetwork();
}

function tellNetwork() {
  const waiting = photos.filter(isUnsent).length;
  const words = text(`offline_${["none", "one"][waiting] ?? "many"}`, { waiting });
  if (find("offline").textContent !== words) find("offline").textContent = words;
  show(find("offline"), !online);
}
