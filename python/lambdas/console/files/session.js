// Who uses the page. They sign in on the pool's own pages (code with PKCE). The access token is in memory alone, and so is
// the refresh token, except on a device at the bay, which stays signed in for a shift: that is as long as the token is good.
import { settings } from "./settings.js";

/** The person has to sign in again. */
export class SignedOut extends Error {}
/** The network is off, or nobody answers: later it may be otherwise. */
export class Offline extends Error {}

const PAGE = location.origin + location.pathname;
const SCOPES = "openid scones/photos scones/review";
const DEVICE = "scones-device"; // in localStorage
const FLOW = "scones-flow"; // these two in sessionStorage: of a sign-in that is underway,
const AGAIN = "scones-again"; // and that the pool's cookie is likely to know the person
const EARLY = 60_000;
const PATIENCE = 20_000;

let access = "";
let ends = 0;
let refresh = "";
let refreshing = null;

/** Who is signed in, or null. Of a person that came back from the pool, or whose cookie it still has. */
export async function begin() {
  const query = new URLSearchParams(location.search);
  const flow = JSON.parse(sessionStorage.getItem(FLOW) ?? "null");
  sessionStorage.removeItem(FLOW);
  if (query.has("code") || query.has("error")) {
    history.replaceState(null, "", PAGE + (flow?.search ?? ""));
    sessionStorage.removeItem(AGAIN);
    // What this page did not ask for is somebody else's sign-in.
    return flow && query.has("code") && query.get("state") === flow.state ? exchange(query.get("code"), flow) : null;
  }
  const device = JSON.parse(localStorage.getItem(DEVICE) ?? "null");
  if (query.has("enter")) {
    query.delete("enter");
    history.replaceState(null, "", PAGE + (query.size ? `?${query}` : ""));
  } else if (device) {
    refresh = device.refresh;
    return { sub: device.sub, name: device.name, roles: new Set(["arrivals"]), device: true };
  } else if (!sessionStorage.getItem(AGAIN)) {
    return null;
  }
  await signIn();
  return new Promise(() => {}); // the browser is on its way
}

/** Go to the pool's pages, which lead back here. */
export async function signIn() {
  const [state, verifier] = [random(), random()];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem(FLOW, JSON.stringify({ state, verifier, search: location.search }));
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
  if (refresh) await fetch(settings.sign_in.revoke, { method: "POST", body }).catch(() => {});
  forget();
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

async function exchange(code, flow) {
  for (;;) {
    try {
      return await ask({ grant_type: "authorization_code", code, redirect_uri: PAGE, code_verifier: flow.verifier });
    } catch (error) {
      if (error instanceof SignedOut) return null;
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

async function ask(form) {
  if (!form.code && !refresh) throw new SignedOut();
  const body = new URLSearchParams({ ...form, client_id: settings.sign_in.client });
  let answer, told;
  try {
    answer = await fetch(settings.sign_in.token, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) });
    told = await answer.json();
  } catch (error) {
    throw new Offline(error);
  }
  if (answer.status === 429 || answer.status >= 500) throw new Offline();
  if (!answer.ok) {
    forget();
    throw new SignedOut();
  }
  return learn(told);
}

function learn(told) {
  access = told.access_token;
  ends = Date.now() + told.expires_in * 1000;
  refresh = told.refresh_token ?? refresh;
  const bytes = Uint8Array.from(atob(access.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (it) => it.charCodeAt(0));
  const { sub, username: name, "cognito:groups": groups = [] } = JSON.parse(new TextDecoder().decode(bytes));
  const device = groups.length === 1 && groups[0] === "arrivals";
  if (device) localStorage.setItem(DEVICE, JSON.stringify({ refresh, sub, name }));
  else localStorage.removeItem(DEVICE);
  sessionStorage.setItem(AGAIN, "yes");
  return { sub, name, roles: new Set(groups), device };
}

function forget() {
  [access, ends, refresh] = ["", 0, ""];
  localStorage.removeItem(DEVICE);
  sessionStorage.removeItem(AGAIN);
}

function random() {
  return encode(crypto.getRandomValues(new Uint8Array(32)));
}

function encode(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
