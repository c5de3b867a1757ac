// Who uses the page. They sign in on the pool's own pages (code with PKCE). The access token is in memory alone, and so is
// the refresh token, except on a device at the bay, which stays signed in for a shift: that is as long as the token is good.
import { alertUser } from "./elements.js";
import { recall, remember, tidy } from "./kept.js";
import { settings, text } from "./settings.js";

/** The person has to sign in again. */
export class SignedOut extends Error {}
/** The network is off, or nobody answers: later it may be otherwise. */
export class Offline extends Error {}

const PAGE = location.origin + location.pathname;
const SCOPES = "openid scones/photos scones/review";
const DEVICE = "scones-device"; // in localStorage
const FLOW = "scones-flow"; // these two in sessionStorage: of a sign-in that is underway,
const AGAIN = "scones-again"; // and that the pool's cookie is likely to know the person
const PASSING = "sessionStorage";
const SHIFT = 10 * 60 * 60_000; // a refresh token is good for that long; Terraform says the same
const EARLY = 60_000;
const PATIENCE = 20_000;
const FAREWELL = 3000;
const PAUSE = 2000;
const MOST = 3; // tries, and answers that could not be read

let access = "";
let ends = 0;
let refresh = "";
let until = 0; // the refresh token's end, by this device's clock
let refreshing = null;
let unread = 0;
let doubted = 0;

/** Who is signed in, or null. Of a person that came back from the pool, or whose cookie it still has. */
export async function begin() {
  const person = await recognise();
  tidy(person?.sub).catch(() => {}); // where nothing can be kept there is nothing
  return person;
}

async function recognise() {
  let query = new URLSearchParams(location.search);
  const flow = JSON.parse(recall(FLOW, PASSING));
  remember(FLOW, null, PASSING);
  if (query.has("code") || query.has("error")) {
    history.replaceState(null, "", PAGE + (flow?.search ?? ""));
    if (flow || query.has("error")) remember(AGAIN, null, PASSING);
    if (flow && query.has("code") && query.get("state") === flow.state) return exchange(query.get("code"), flow);
    // What this page did not ask for is somebody else's sign-in, and changes nothing.
    query = new URLSearchParams(location.search);
  }
  const device = JSON.parse(recall(DEVICE));
  if (query.has("enter")) {
    query.delete("enter");
    history.replaceState(null, "", PAGE + (query.size ? `?${query}` : ""));
  } else if (device?.until > Date.now()) {
    ({ refresh, until } = device);
    return { sub: device.sub, name: device.name, roles: new Set(["arrivals"]), device: true };
  } else if (!recall(AGAIN, PASSING)) {
    return null;
  }
  await signIn();
  return new Promise(() => {}); // the browser is on its way
}

/** Go to the pool's pages, which lead back here. */
export async function signIn() {
  const [state, verifier] = [random(), random()];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const flow = JSON.stringify({ state, verifier, search: location.search });
  if (!remember(FLOW, flow, PASSING)) return alertUser(text("no_storage")); // whoever came back would not be known
  const asked = {
    response_type: "code",
    client_id: settings.sign_in.client,
    redirect_uri: PAGE,
    scope: SCOPES,
    state,
    code_challenge: encode(new Uint8Array(digest)),
    code_challenge_method: "S256",
  };
  location.assign(`${settings.sign_in.authorize}?${new URLSearchParams(asked)}`);
}

export async function signOut() {
  const body = new URLSearchParams({ token: refresh, client_id: settings.sign_in.client });
  const signedIn = refresh;
  forget();
  // The browser goes on with it after the page has left.
  const revoked = signedIn && fetch(settings.sign_in.revoke, { method: "POST", body, keepalive: true }).catch(() => {});
  await Promise.race([revoked, sleep(FAREWELL)]);
  const asked = new URLSearchParams({ client_id: settings.sign_in.client, logout_uri: PAGE });
  location.assign(`${settings.sign_in.logout}?${asked}`);
}

/** An access token that is good for a minute at least, and not the one that was refused. */
export async function token(refused = "") {
  if (access && access !== refused && ends - Date.now() > EARLY) return access;
  refreshing ??= ask({ grant_type: "refresh_token", refresh_token: refresh }).finally(() => (refreshing = null));
  await refreshing;
  return access;
}

export function sleep(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

async function exchange(code, flow) {
  for (let tries = 1; tries <= MOST; tries++) {
    try {
      return await ask({ grant_type: "authorization_code", code, redirect_uri: PAGE, code_verifier: flow.verifier });
    } catch (error) {
      if (error instanceof SignedOut) return null;
    }
    if (tries < MOST) await sleep(PAUSE);
  }
  alertUser(text("not_signed_in"));
  return null;
}

async function ask(form) {
  const renewed = form.refresh_token;
  if (!form.code && !renewed) throw new SignedOut();
  if (renewed && Date.now() > until) return end();
  const body = new URLSearchParams({ ...form, client_id: settings.sign_in.client });
  let answer, told;
  try {
    answer = await fetch(settings.sign_in.token, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) });
    told = await answer.json();
  } catch (error) {
    if (renewed && error instanceof TypeError && (await isUnreadable())) throw new SignedOut();
    throw new Offline(error);
  }
  unread = 0;
  if (answer.status === 429 || answer.status >= 500) throw new Offline();
  if (renewed && renewed !== refresh) throw new SignedOut(); // by whoever was here, meanwhile
  return answer.ok ? learn(told, form) : end();
}

// Cognito has been seen to refuse in answers that no page may read, which look as if the network were off. It is not, if
// our own files come. What the device has of the sign-in stays: a reload may do better.
async function isUnreadable() {
  if (Date.now() - doubted > PAUSE) {
    doubted = Date.now();
    const ours = await fetch(import.meta.url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
    unread = ours?.ok ? unread + 1 : 0;
  }
  return unread >= MOST;
}

function end() {
  forget();
  throw new SignedOut();
}

function learn(told, form) {
  const isOurs = ownsDevice();
  access = told.access_token;
  ends = Date.now() + told.expires_in * 1000;
  refresh = told.refresh_token ?? refresh;
  if (form.code) until = Date.now() + SHIFT;
  const bytes = Uint8Array.from(atob(access.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (it) => it.charCodeAt(0));
  const { sub, username: name, "cognito:groups": groups = [] } = JSON.parse(new TextDecoder().decode(bytes));
  const device = groups.length === 1 && groups[0] === "arrivals";
  if (form.code || isOurs) remember(DEVICE, device ? JSON.stringify({ refresh, sub, name, until }) : null);
  remember(AGAIN, "yes", PASSING);
  return { sub, name, roles: new Set(groups), device };
}

function forget() {
  if (ownsDevice()) remember(DEVICE, null);
  [access, ends, refresh] = ["", 0, ""];
  remember(AGAIN, null, PASSING);
}

/** Not if somebody has signed in by another tab since. */
function ownsDevice() {
  return JSON.parse(recall(DEVICE))?.refresh === refresh;
}

function random() {
  return encode(crypto.getRandomValues(new Uint8Array(32)));
}

function encode(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
