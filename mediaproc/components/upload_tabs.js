// Of the tabs of one browser, one at a time sends a file: it holds a lock, which ends with the tab at the latest.
//
// The lock is asked for by the file and not by the upload, since two tabs may choose a file before it has one. On plain
// http, unless it is localhost, browsers have no locks; there each tab believes that it is alone.
const PREFIX = "mediaproc.upload";
const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
const held = new Map(); // name → {ours: whether this tab has it, once that is known, release}

/** Whether this tab can know what the others do. */
export const AWARE = Boolean(locks);

/** The lock's name: the same in all tabs of one person. */
export const nameFor = (owner, file) => `${PREFIX} ${owner} ${file}`;

/** Take the file for this tab, unless another one sends it. Resolves to whether this tab has it now. */
export function hold(name) {
  if (!locks) return Promise.resolve(true);
  if (!held.has(name)) held.set(name, request(name));
  return held.get(name).ours;
}

function request(name) {
  let release;
  const over = new Promise((done) => (release = done));
  const ours = new Promise((tell) => {
    const granted = (lock) => {
      tell(Boolean(lock));
      if (!lock) held.delete(name);
      return lock && over;
    };
    locks.request(name, { ifAvailable: true }, granted).catch(() => tell(true));
  });
  return { ours, release };
}

/** Let other tabs have the file. */
export function release(name) {
  held.get(name)?.release();
  held.delete(name);
}

/** The names that other tabs hold. */
export async function elsewhere() {
  const now = locks ? (await locks.query()).held : [];
  return new Set(now.map((lock) => lock.name).filter((name) => name.startsWith(PREFIX) && !held.has(name)));
}
