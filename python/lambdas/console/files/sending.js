// A photo's way from the device to S3. It is kept on the device under the key by which the API knows it, until S3 has it:
// whatever breaks off in between, it is asked for by the same key, and so is the same photo.
import { call, Offline, problem, sleep } from "./api.js";
import { all, drop, keep } from "./kept.js";
import { add, change, KEPT_MILLISECONDS } from "./photos.js";

const LONGEST_PAUSE = 10_000;
const PATIENCE = 120_000;
const AT_ONCE = 3;

/** What can be seen of a text that came from elsewhere: the API refuses all else in a name. */
export function visible(words, most) {
  const seen = words.replace(/\p{Z}/gu, " ").replace(/\p{C}/gu, "").trim();
  return [...seen].slice(0, most).join("").trim();
}

/** Keep this picture, and answer its photo, which is to be sent. */
export async function accept(sub, blob, name, source) {
  const [key, at] = [crypto.randomUUID(), Date.now()];
  const kept = { sub, blob, name: visible(name, 255) || "photo", source, at, until: at + KEPT_MILLISECONDS };
  const photo = { key, name: kept.name, at, until: kept.until, state: "kept", kept };
  photo.stored = await keep("photos", key, kept).then(() => true, () => false); // or it lasts as long as the page
  add(photo);
  return photo;
}

/** Send it, however often that takes, within its time; no two tabs do it at once. */
export function send(photo) {
  return navigator.locks.request(`scones-${photo.key}`, () => inTurn(() => persist(photo)));
}

let sending = 0;
const queue = [];

async function inTurn(act) {
  if (sending === AT_ONCE) await new Promise((next) => queue.push(next));
  else sending++;
  try {
    return await act();
  } finally {
    if (queue.length) queue.shift()();
    else sending--;
  }
}

async function persist(photo) {
  const isSent = photo.stored && !(await readAnew(photo).catch(() => photo));
  for (let pause = 1000; Date.now() < photo.until; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await attempt(photo, isSent);
    } catch (error) {
      change(photo, { state: "kept" });
      if (!(error instanceof Offline)) throw error;
    }
    const online = new Promise((done) => addEventListener("online", done, { once: true }));
    await Promise.race([sleep(Math.min(pause, Math.max(0, photo.until - Date.now()))), online]);
  }
  await end(photo, { state: "lost" });
}

async function attempt(photo, isSent) {
  const { blob, name, source } = photo.kept;
  const asked = { file_name: name, content_type: blob.type, ...(source ? { source } : {}) };
  const answer = await call("POST", "/photos", asked, { "idempotency-key": photo.key });
  if (answer.status >= 500) throw new Offline(answer.status);
  if (answer.status !== 201) return end(photo, { state: "refused", problem: problem(answer) });
  const { id, upload } = answer.body;
  if (!isSent && !(photo.kept.doubt && (await hasArrived(id)))) {
    photo.kept.doubt = true;
    await keep("photos", photo.key, photo.kept).catch(() => {});
    change(photo, { id, state: "uploading", percent: 0 });
    const status = await post(upload, blob, (percent) => change(photo, { percent }));
    // Refused as not allowed: the form ran out meanwhile. The next one is good again.
    if (status === 403 || status >= 500) throw new Offline(status);
    if (status >= 300) return end(photo, { state: "refused", problem: "upload" });
  }
  await end(photo, { id, state: "expected" });
}

/** What is kept of it, by now; nothing if another tab has sent it meanwhile. */
async function readAnew(photo) {
  const found = (await all("photos")).find(({ key }) => key === photo.key);
  if (found) photo.kept = found.value;
  return found;
}

/** Whether an upload of which nothing was heard has come to its end. */
async function hasArrived(id) {
  const answer = await call("GET", `/photos/${id}`);
  return answer.status === 200 && answer.body.state !== "expected";
}

async function end(photo, fields) {
  await drop("photos", photo.key).catch(() => {});
  photo.kept = null;
  change(photo, fields);
}

function post(form, blob, progress) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", blob);
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.url);
    request.timeout = PATIENCE;
    request.upload.onprogress = (event) => progress(Math.round((100 * event.loaded) / event.total));
    request.onload = () => done(request.status);
    request.onerror = request.ontimeout = request.onabort = () => fail(new Offline("the upload broke off"));
    addEventListener("offline", () => request.abort(), { once: true }); // it would only hang
    request.send(body);
  });
}
