// What waits on this device until the network is back. Each value says whose it is (`sub`), and until when it is any good.
const STORES = ["photos", "decisions"];
const LATE = 60 * 60_000;
let opened = null;

export function keep(store, key, value) {
  return run(store, "readwrite", (it) => it.put(value, key));
}

export function drop(store, key) {
  return run(store, "readwrite", (it) => it.delete(key));
}

/** Drop what has had its time, but not this person's: of theirs they are told. Without one, leave time to sign in. */
export async function tidy(sub) {
  const now = Date.now() - (sub ? 0 : LATE);
  for (const store of STORES) {
    const old = (await all(store)).filter(({ value }) => value.sub !== sub && value.until < now);
    for (const { key } of old) await drop(store, key);
  }
}

/** A few words that a page finds again, or nothing where the browser lets it keep none. */
export function recall(name, where = "localStorage") {
  try {
    return window[where].getItem(name);
  } catch {
    return null;
  }
}

/** Keep them, or forget them (null); says whether that was possible. */
export function remember(name, words, where = "localStorage") {
  try {
    if (words === null) window[where].removeItem(name);
    else window[where].setItem(name, words);
    return true;
  } catch {
    return false;
  }
}

/** All that is kept, as [{key, value}]. */
export async function all(store) {
  const found = [];
  await run(store, "readonly", (it) => {
    const asked = it.openCursor();
    asked.onsuccess = () => {
      if (!asked.result) return;
      found.push({ key: asked.result.key, value: asked.result.value });
      asked.result.continue();
    };
  });
  return found;
}

async function run(store, mode, act) {
  const database = await (opened ??= open());
  return new Promise((done, fail) => {
    const transaction = database.transaction(store, mode);
    transaction.oncomplete = () => done();
    transaction.onabort = () => fail(transaction.error);
    act(transaction.objectStore(store));
  });
}

function open() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open("scones", 1);
    asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name));
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}
