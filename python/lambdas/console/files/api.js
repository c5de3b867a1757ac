// Calls of the API, which lies in the page's own folder.
import { Offline, SignedOut, sleep, token } from "./session.js";

export { Offline, SignedOut, sleep };

const BASE = new URL(".", location.href);
const PATIENCE = 20_000;
const TRIES = 4;
const watchers = [];
let connected = navigator.onLine;

addEventListener("offline", () => connect(false));
addEventListener("online", () => connect(true));

/** Call this with true or false, now and whenever the service is reached or not reached any more. */
export function watchNetwork(watcher) {
  watchers.push(watcher);
  watcher(connected);
}

/** The API's answer, also a refusal. Throws `Offline`, after which the same may be called again, or `SignedOut`. */
export async function call(method, path, body, headers = {}) {
  let refused = "";
  for (let tries = 1; ; tries++) {
    const bearer = await token(refused).catch(tell);
    const answer = await ask(method, path, body, { ...headers, authorization: `Bearer ${bearer}` }).catch(tell);
    if (answer.status === 401) {
      if (refused) throw new SignedOut();
      refused = bearer;
    } else if (answer.status === 429 || (answer.status === 503 && answer.headers.has("retry-after"))) {
      if (tries === TRIES) return tell(new Offline(answer.status));
      await sleep(1000 * (answer.headers.get("retry-after") ?? tries) * (1 + Math.random() / 4));
    } else {
      connect(true);
      return answer;
    }
  }
}

/** The name behind `urn:scones-unlimited:` of a refusal, or nothing. */
export function problem(answer) {
  return /^urn:scones-unlimited:(\w+)$/.exec(answer.body?.type)?.[1] ?? "";
}

async function ask(method, path, body, headers) {
  const asked = { method, headers, redirect: "error", signal: AbortSignal.timeout(PATIENCE) };
  if (body !== undefined) {
    asked.body = JSON.stringify(body);
    headers["content-type"] = "application/json";
  }
  asked.keepalive = method === "DELETE"; // what is given back as the page closes
  let answer, told;
  try {
    answer = await fetch(new URL(path.replace(/^\//, ""), BASE), asked);
    told = JSON.parse((await answer.text()) || "null");
  } catch (error) {
    throw new Offline(error); // or a network's own page, which is no JSON
  }
  const ours = answer.status === 503 && answer.headers.has("retry-after");
  if ([502, 503, 504].includes(answer.status) && !ours) throw new Offline(answer.status);
  return { status: answer.status, body: told, headers: answer.headers };
}

function tell(error) {
  if (error instanceof Offline) connect(false);
  throw error;
}

function connect(now) {
  if (connected === now) return;
  connected = now;
  for (const watcher of watchers) watcher(now);
}
