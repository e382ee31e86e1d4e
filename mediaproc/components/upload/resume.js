// What survives a reload: unfinished uploads of this browser, and the rows of this tab whose videos are processed.
const UPLOADS = "mediaproc.uploads"; // + owner, in localStorage: file id → {id, videoId, name, size, partSize,
// ends, at}; `ends` is the fingerprint
const PROCESSING = "mediaproc.followed"; // + owner, in sessionStorage: the rows
const UPLOADS_EXPIRE_MS = 7 * 24 * 3600 * 1000;

let owner = ""; // email of the user who is signed in: nobody else's uploads are shown

export const getOwner = () => owner;

/** Returns whether it is another user than before. */
export function setOwner(email) {
  const changed = Boolean(email) && email !== owner;
  if (changed) owner = email;
  return changed;
}

/** The same file has the same id in every tab, before and after a reload. */
export const fileId = (file) => `${file.name}|${file.size}|${file.lastModified}`;

/** Unfinished uploads by file id. */
export function uploads() {
  const stored = JSON.parse(localStorage.getItem(`${UPLOADS}.${owner}`) || "{}");
  return Object.fromEntries(Object.entries(stored).filter(([, each]) => Date.now() - each.at < UPLOADS_EXPIRE_MS));
}

/** Remember an upload; null forgets it. */
export function save(id, upload) {
  const stored = uploads();
  if (upload) stored[id] = { ...upload, at: Date.now() };
  else delete stored[id];
  localStorage.setItem(`${UPLOADS}.${owner}`, JSON.stringify(stored));
}

/** Remember the rows that are processed: only this tab knows that it uploaded them. */
export function saveProcessing(rows) {
  const saved = rows
    .filter((row) => row.state === "processing")
    .map(({ id, videoId, name, size, progress, stage }) => ({ id, videoId, name, size, progress, stage }));
  sessionStorage.setItem(`${PROCESSING}.${owner}`, JSON.stringify(saved));
}

export const processing = () => JSON.parse(sessionStorage.getItem(`${PROCESSING}.${owner}`) || "[]");
