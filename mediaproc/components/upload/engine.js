// Upload engine: begins, pauses, resumes and cancels the uploads of this tab. Alive through every navigation.
import * as presets from "../../preset_choice/preset_choice.js";
import * as api from "./api.js";
import * as tabs from "./cross_tab.js";
import { fingerprint } from "./fingerprint.js";
import * as processing from "./processing.js";
import * as resume from "./resume.js";
import * as store from "./store.js";
import * as transfer from "./transfer.js";
import { formatSize } from "../../format/format.js";

const DRAW_EVERY_MS = 200;
const STALLED_AFTER_MS = 4000;
const UNDO_MS = 8000;

const dismissed = new Set(); // ids of rows that the user does not want to see in this tab
const undoable = new Map(); // row id → {row, timer} of cancelled rows whose uploads are not deleted yet

const lock = (id) => tabs.lockName(resume.getOwner(), id);

// Actions of the tray -------------------------------------------------------------------------------------------

export function add(files) {
  const batch = store.currentBatch();
  for (const file of files) {
    const id = resume.fileId(file);
    const row = store.get(id);
    if (row && row.state !== "select" && !store.isEnded(row)) continue;
    start(id, file, batch);
  }
}

function start(id, file, batch) {
  forgetUndo(id);
  dismissed.delete(id);
  const name = resume.uploads()[id]?.name ?? file.name; // an upload keeps its name if its file was renamed
  store.put(store.newRow(id, name, file.size, { state: "starting", file, batch, sent: store.get(id)?.sent ?? 0 }));
  begin(id, file);
}

/** Resume an unfinished upload with a file that the user selected for it, if it is the same file: of the same size, with
 *  the same first and last bytes. Its name and date may have changed. */
export async function selectAgain(id, file) {
  const upload = resume.uploads()[id];
  if (!upload) return add([file]);
  const problem = await difference(upload, file);
  if (store.get(id)?.state !== "select") return;
  if (problem) store.change(id, { problem });
  else start(id, file, store.currentBatch());
}

/** What tells a file from the one that an upload was begun with; empty if it is the same. */
async function difference(upload, file) {
  const other = `“${file.name}” is another file`;
  if (file.size !== upload.size) return `${other}: ${formatSize(file.size)}, not ${formatSize(upload.size)}`;
  return !upload.ends || upload.ends === (await fingerprint(file)) ? "" : `${other} of the same size`;
}

async function begin(id, file) {
  const wanted = () => store.get(id)?.file === file; // false once it was cancelled
  try {
    if (!(await tabs.hold(lock(id)))) {
      return wanted() && store.change(id, { state: "elsewhere", uploadId: resume.uploads()[id]?.id });
    }
    const known = await unfinished(id, file);
    if (known?.state === "completed") return wanted() ? uploaded(id, known.videoId) : releaseUnlessListed(id);
    const upload = known ?? (await create(id, file));
    if (!wanted()) return giveUp(id, upload.id);
    store.change(id, { state: "uploading", uploadId: upload.id, videoId: upload.videoId, sent: known?.stored ?? 0 });
    transfer.send(id, file, upload);
  } catch (error) {
    if (!wanted()) return releaseUnlessListed(id);
    store.change(id, { state: "failed", problem: error.message });
    tabs.release(lock(id));
  }
}

async function create(id, file) {
  const ends = await fingerprint(file);
  const upload = { ...(await api.createUpload(file, presets.get().chosen)), ends };
  resume.save(id, upload);
  return upload;
}

/** The saved upload of this row with its state on the server, "open" or "completed", and the bytes that storage has. Null
 *  if the server has deleted it or its video, or if it was begun with another file than this; then it is forgotten. */
async function unfinished(id, file) {
  const upload = resume.uploads()[id];
  if (!upload) return null;
  const { state, videoId, stored } = await api.uploadState(upload.id);
  const same = !file || !(await difference(upload, file));
  if (same && videoId && ["open", "completed"].includes(state)) return { ...upload, state, stored };
  if (resume.uploads()[id]?.id === upload.id) resume.save(id, null);
  return null;
}

export function pauseRow(id) {
  store.change(id, { state: "paused", finishing: true, ...store.IDLE });
  transfer.pause(id);
}

export function resumeRow(id) {
  transfer.resume(id);
  store.change(id, { state: "uploading", finishing: false, ...store.IDLE });
}

export function retryRow(id) {
  const row = store.get(id);
  if (row?.file) add([row.file]);
}

export async function cancelRow(id) {
  const row = store.get(id);
  store.remove(id);
  if (!row?.uploadId) return; // it is just beginning, and is given up once it has an id
  if (row.state === "select" && !(await tabs.hold(lock(id)))) return; // another tab has just begun to send the file
  transfer.forget(id);
  undoable.set(id, { row, timer: setTimeout(() => endUndo(id), UNDO_MS) });
  showUndoable();
}

/** Go on with the cancelled rows whose uploads are not deleted yet. */
export function undoCancel() {
  for (const [id, { row }] of [...undoable]) {
    forgetUndo(id);
    if (row.file) {
      store.put({ ...row, state: "starting", ...store.IDLE });
      begin(id, row.file);
    } else {
      tabs.release(lock(id));
      showUnfinished(id);
    }
  }
}

/** Delete the uploads of the cancelled rows now. */
export function endUndos(options) {
  for (const id of [...undoable.keys()]) endUndo(id, options);
}

function endUndo(id, options) {
  const { row } = undoable.get(id);
  forgetUndo(id);
  giveUp(id, row.uploadId, options);
}

function forgetUndo(id) {
  clearTimeout(undoable.get(id)?.timer);
  if (undoable.delete(id)) showUndoable();
}

const showUndoable = () => store.setUndoable([...undoable.values()].map(({ row }) => row));

function giveUp(id, uploadId, options) {
  if (resume.uploads()[id]?.id === uploadId) resume.save(id, null);
  // The lock is released last: a tab that got the file before the upload is deleted would resume it.
  transfer.abandon(uploadId, options).catch(() => {}).finally(() => releaseUnlessListed(id));
}

/** Let other tabs have the file, unless the user has added it here once more. */
const releaseUnlessListed = (id) => store.get(id) || tabs.release(lock(id));

export function dismiss(id) {
  transfer.forget(id);
  dismissed.add(id);
  store.remove(id);
}

export function dismissFinished() {
  for (const row of store.all()) if (store.isEnded(row)) dismiss(row.id);
}

// Events of a transfer --------------------------------------------------------------------------------------------

transfer.listen({
  progressed: (id, sent) => {
    const row = store.get(id);
    if (row?.state !== "uploading") return;
    if (performance.now() - row.drawnAt < DRAW_EVERY_MS) return; // six parts report twenty times a second each
    store.change(id, { sent, drawnAt: performance.now(), ...measure(row, sent) });
  },
  paused: (id, stored) => {
    if (store.get(id)?.state !== "paused") return;
    store.change(id, { finishing: false, ...(stored === null ? {} : { sent: stored }) });
  },
  succeeded: (id) => {
    api.forgetUrls(store.get(id)?.uploadId);
    transfer.forget(id);
    uploaded(id, store.get(id)?.videoId);
  },
  failed: (id, error) => {
    const problem = error instanceof api.Refused ? error.message : "Connection lost";
    store.change(id, { state: "failed", problem, ...store.IDLE });
    tabs.release(lock(id));
    if (resume.uploads()[id]) explain(id).catch(() => {});
  },
});

/** Speed over the last seconds, smoothed so that it does not jump. Parts that storage had already do not count. */
function measure(row, sent) {
  const now = performance.now();
  if (!row.mark) return { mark: { at: now, sent } };
  const seconds = (now - row.mark.at) / 1000;
  if (seconds < 0.5) return {};
  const speed = Math.max(0, (sent - row.mark.sent) / seconds);
  return { mark: { at: now, sent }, speed: row.speed ? row.speed * 0.7 + speed * 0.3 : speed };
}

/** All bytes are in storage: from now on there is no upload, only a video. */
function uploaded(id, videoId) {
  resume.save(id, null);
  tabs.release(lock(id));
  processing.follow(id, videoId, { missedEvents: store.get(id)?.state !== "uploading" });
}

/** Storage only says that it has no such upload; the API knows why. */
async function explain(id) {
  const known = await unfinished(id);
  if (store.get(id)?.state !== "failed") return;
  if (known?.state === "completed") uploaded(id, known.videoId);
  if (!known) store.change(id, { problem: "This upload was deleted", videoId: null });
}

// Uploads of earlier pages and of other tabs --------------------------------------------------------------------------

/** Show what this user left unfinished in this browser, and the videos of this tab that are processed. */
export function setOwner(email) {
  if (!resume.setOwner(email)) return;
  resume.processing().forEach(processing.followAgain);
  reconcile(unlisted());
}

const unlisted = () => Object.keys(resume.uploads()).filter((id) => !store.get(id) && !dismissed.has(id) && !undoable.has(id));

/** Compare the rows with other tabs, which begin uploads, end them, or are closed in the middle of one. */
async function reconcile(others = tabs.AVAILABLE ? unlisted() : []) {
  const waiting = store.all().filter((row) => row.state in RECONCILE);
  if (!waiting.length && !others.length) return;
  const busy = await tabs.heldElsewhere();
  for (const id of others) if (!store.get(id) && !busy.has(lock(id))) showUnfinished(id);
  for (const { id } of waiting) RECONCILE[store.get(id)?.state]?.(store.get(id), busy.has(lock(id)));
}

const RECONCILE = {
  select: (row, busy) => (busy || !resume.uploads()[row.id]) && store.remove(row.id),
  elsewhere: (row, busy) => {
    const uploadId = resume.uploads()[row.id]?.id ?? row.uploadId;
    if (uploadId !== row.uploadId) store.change(row.id, { uploadId });
    if (busy || row.ended) return;
    store.change(row.id, { ended: true });
    endedElsewhere(store.get(row.id)).catch(() => store.remove(row.id));
  },
};

function showUnfinished(id) {
  const upload = resume.uploads()[id];
  if (!upload) return;
  store.put(store.newRow(id, upload.name, upload.size, { uploadId: upload.id, videoId: upload.videoId }));
  check(id).catch(() => {});
}

/** Show what storage has of an upload, or remove a row whose upload the server no longer has. */
async function check(id) {
  const known = await unfinished(id);
  if (store.get(id)?.state !== "select") return;
  if (!known) store.remove(id);
  else if (known.state === "open") store.change(id, { sent: known.stored });
  else if (known.state === "completed") uploaded(id, known.videoId);
}

/** The other tab has uploaded or cancelled the file, or was closed in the middle: then this tab resumes. */
async function endedElsewhere({ id, uploadId, file }) {
  const { state, videoId } = uploadId ? await api.uploadState(uploadId) : {};
  if (store.get(id)?.state !== "elsewhere" || store.get(id).file !== file) return;
  if (state === "completed" && videoId) uploaded(id, videoId);
  else if (state === "open" && resume.uploads()[id]) add([file]);
  else store.remove(id);
}

// Events of the browser ---------------------------------------------------------------------------------------------

const saveProcessing = () => resume.getOwner() && resume.saveProcessing(store.all());

function clearStalledSpeeds() {
  for (const row of store.all()) {
    const stalled = row.state === "uploading" && row.speed && performance.now() - row.mark.at > STALLED_AFTER_MS;
    if (stalled) store.change(row.id, store.IDLE);
  }
}

store.onStateChange(saveProcessing);
window.addEventListener("online", store.publish);
window.addEventListener("offline", store.publish);
window.addEventListener("storage", () => reconcile());
window.addEventListener("pagehide", () => {
  saveProcessing();
  endUndos({ keepalive: true });
});
window.addEventListener("beforeunload", (event) => {
  if (store.all().some((row) => ["uploading", "starting"].includes(row.state))) event.preventDefault();
});
setInterval(() => {
  reconcile();
  clearStalledSpeeds();
}, 1000);
