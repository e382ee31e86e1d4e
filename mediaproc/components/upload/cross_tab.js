// Locks between tabs: of the tabs of one browser only one sends a file. A lock ends with its tab at the latest.
//
// A lock is named by its file and not by its upload, since two tabs may choose a file before it has one. Browsers offer
// locks only over HTTPS and on localhost; elsewhere each tab acts as if it were alone.
const PREFIX = "mediaproc.upload";
const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
const held = new Map(); // name → {granted: promise of whether this tab has it, release}

/** True if this tab can know what the others do. */
export const AVAILABLE = Boolean(locks);

/** Name of a file's lock: the same in all tabs of one user. */
export const lockName = (owner, fileId) => `${PREFIX} ${owner} ${fileId}`;

/** Take the lock unless another tab has it. Resolves to whether this tab has it now. */
export function hold(name) {
  if (!locks) return Promise.resolve(true);
  if (!held.has(name)) held.set(name, request(name));
  return held.get(name).granted;
}

function request(name) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const granted = new Promise((resolve) => {
    const decided = (lock) => {
      resolve(Boolean(lock));
      if (!lock) held.delete(name);
      return lock && released;
    };
    locks.request(name, { ifAvailable: true }, decided).catch(() => resolve(true));
  });
  return { granted, release };
}

/** Let other tabs have the file. */
export function release(name) {
  held.get(name)?.release();
  held.delete(name);
}

/** Names of the locks that other tabs hold. */
export async function heldElsewhere() {
  const all = locks ? (await locks.query()).held : [];
  return new Set(all.map((lock) => lock.name).filter((name) => name.startsWith(PREFIX) && !held.has(name)));
}
