// Store of the upload tray: one row per file, announcements for screen readers, and whether the tray is folded.
//
// A row's state is one of: starting, uploading, paused, select (the file has to be selected again), elsewhere (another
// tab uploads it), processing, done, failed, cancelled.
const ANNOUNCED_FOR_MS = 5000;

const rows = new Map(); // row id → row; rows are replaced, never changed
const listeners = new Set();
const stateListeners = new Set();
const view = { rows: [], announcements: [], undoable: [], folded: null }; // folded: null until the user decides
let batch = 0; // files added while others are active belong to the same batch
let announced = 0;

export const subscribe = (listener) => (listeners.add(listener), () => listeners.delete(listener));
export const getRows = () => view.rows;
export const getAnnouncements = () => view.announcements;
export const getFolded = () => view.folded;
export const getUndoable = () => view.undoable;

/** Call `listener` whenever a row enters another state or is removed. */
export const onStateChange = (listener) => stateListeners.add(listener);

export const get = (id) => rows.get(id);
export const all = () => [...rows.values()];

/** True until the row's bytes are uploaded. */
export const isActive = (row) => ["starting", "uploading", "paused"].includes(row.state);

/** True if nothing more happens to the row in this tab. */
export const isEnded = (row) => ["done", "failed", "cancelled", "elsewhere"].includes(row.state);

/** Speed of a row that does not move; a mark before the pause would spoil the next measurement. */
export const IDLE = { speed: 0, mark: null };

/** A row. `stage`, `rate` and `eta` are those of its processing, `progress` its percentage, `place` that in the queue while
 *  it waits. `finishing`: paused, and parts under way are still sent. */
export function newRow(id, name, size, fields) {
  const processing = { progress: 0, stage: "", rate: 0, eta: null, place: null, finishing: false };
  return { id, name, size, sent: 0, drawnAt: 0, state: "select", problem: "", ...IDLE, ...processing, ...fields };
}

export function put(row) {
  rows.set(row.id, row);
  publish();
}

export function remove(id) {
  rows.delete(id);
  stateListeners.forEach((listener) => listener());
  publish();
}

export function change(id, fields) {
  const before = rows.get(id);
  if (!before) return;
  const row = { ...before, ...fields };
  rows.set(id, row);
  if (row.state !== before.state) {
    stateListeners.forEach((listener) => listener());
    announce(row, before.state);
  }
  publish();
}

export function publish() {
  view.rows = [...rows.values()];
  listeners.forEach((listener) => listener());
}

/** Show these cancelled rows, whose uploads are not deleted yet. */
export function setUndoable(rows) {
  view.undoable = rows;
  publish();
}

/** Fold or unfold the tray. Stored here, since each page draws the tray anew. */
export function fold(folded) {
  view.folded = folded;
  listeners.forEach((listener) => listener());
}

/** Number of the batch that a file added now belongs to. */
export function currentBatch() {
  if (![...rows.values()].some(isActive)) batch += 1;
  return batch;
}

/** Size, bytes sent and speed of the batch, null when nothing is sent. Uploaded files count until all are, so that the
 *  total never decreases. */
export function total() {
  const counted = view.rows.filter((row) => row.batch === batch && (isActive(row) || row.sent === row.size));
  if (!counted.some((row) => isActive(row) && row.size)) return null;
  const sum = (field) => counted.reduce((all, row) => all + row[field], 0);
  return { size: sum("size"), sent: sum("sent"), speed: sum("speed") };
}

const ANNOUNCEMENTS = {
  elsewhere: () => "uploading in another tab",
  paused: () => "paused",
  processing: () => "uploaded",
  done: () => "ready",
  cancelled: () => "cancelled",
  failed: (row) => row.problem,
};

/** Each change is an element of its own, since several may come before a screen reader gets to the first. */
function announce(row, before) {
  const text = before === "paused" && row.state === "uploading" ? "resumed" : ANNOUNCEMENTS[row.state]?.(row);
  if (!text) return;
  const announcement = { key: (announced += 1), text: `${row.name}: ${text}` };
  view.announcements = [...view.announcements, announcement];
  setTimeout(() => {
    view.announcements = view.announcements.filter((each) => each !== announcement);
    publish();
  }, ANNOUNCED_FOR_MS);
}
