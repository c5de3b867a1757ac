// What waits on this device until the network is back. Each value says whose it is (`sub`), and until when it is any good.
const STORES = ["photos", "decisions"];
let opened = null;

export function keep(store, key, value) {
  return run(store, "readwrite", (it) => it.put(value, key));
}

export function drop(store, key) {
  return run(store, "readwrite", (it) => it.delete(key));
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
