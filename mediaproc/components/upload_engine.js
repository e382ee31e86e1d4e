// The uploads of this browser tab: one instance a tab, alive through every navigation.
//
// Uppy cuts a file into parts and sends several at a time, each retried by itself. This module gives it signed
// addresses from the API, remembers unfinished uploads, and turns everything into rows that the tray draws.
import Uppy from "@uppy/core";
import AwsS3 from "@uppy/aws-s3";
import * as presets from "../preset_choice/preset_choice.js";
import * as tabs from "./upload_tabs.js";

const API = "/api/v1";
const KEPT = "mediaproc.uploads"; // + who: fingerprint → {id, videoId, name, size, partSize, at}
const FOLLOWED = "mediaproc.followed"; // + who: of this tab, the rows that are being processed
const KEPT_FOR_MS = 7 * 24 * 3600 * 1000;
const STALLED_AFTER_MS = 4000;
const LISTEN_AGAIN_MS = 3000;
const PARTS_AT_ONCE = 6;
const SIGNED_AT_ONCE = 50;
const SIGNED_FOR_MS = 3600 * 1000; // for a day in truth; who comes back after a pause asks again
const HEARD_AFTER_MS = 5000;
const DRAW_EVERY_MS = 200;
const RETRY_DELAYS = [0, 500, 1000, 2000, 4000, 8000, 16000, 30000];

const rows = new Map();
const files = new Map(); // row id → Uppy's file id
const listeners = new Set();
const cancelled = new Set(); // upload ids that the person gave up
const hidden = new Set(); // row ids that the person doesn't want to see here
let snapshot = [];
let sayings = []; // what a screen reader is told, the newest last
let said = 0; // how many so far
let batch = 0; // what is chosen while something is sent belongs to the same one
let owner = "";
let news = null;
let folded = null; // as the person left the tray; null: not touched yet

// The store React reads ---------------------------------------------------------------------------------------

export const subscribe = (listener) => (listeners.add(listener), () => listeners.delete(listener));
export const getRows = () => snapshot;
export const getSayings = () => sayings;
export const getFolded = () => folded;

/** Whether its bytes are on their way. */
export const isGoing = (row) => ["starting", "uploading", "paused"].includes(row.state);

/** Everything of what is sent, together: a file that is up still counts, so that the total never goes back. Null when
 *  nothing is sent. */
export function total() {
  const counted = snapshot.filter((row) => row.batch === batch && (isGoing(row) || row.sent === row.size));
  if (!counted.some((row) => isGoing(row) && row.size)) return null;
  const sum = (field) => counted.reduce((all, row) => all + row[field], 0);
  return { size: sum("size"), sent: sum("sent"), speed: sum("speed") };
}

/** Fold or unfold the tray: kept here, since a change of the page draws it anew. */
export function fold(now) {
  folded = now;
  listeners.forEach((listener) => listener());
}

function publish() {
  snapshot = [...rows.values()];
  listeners.forEach((listener) => listener());
}

function change(id, fields) {
  const row = rows.get(id);
  if (!row) return;
  rows.set(id, { ...row, ...fields });
  if (rows.get(id).state !== row.state) turned(rows.get(id), row.state);
  publish();
}

function turned(row, before) {
  remember();
  const news = before === "paused" && row.state === "uploading" ? "goes on" : SAID[row.state]?.(row);
  if (news) say(`${row.name}: ${news}`);
}

const SAID = {
  elsewhere: () => "already being uploaded in another tab",
  paused: () => "paused",
  processing: () => "uploaded",
  done: () => "done",
  failed: (row) => row.problem,
};

/** Each change is said by itself, since several may come before a screen reader gets to the first; then it goes. */
function say(text) {
  const saying = { key: (said += 1), text };
  sayings = [...sayings, saying];
  setTimeout(() => {
    sayings = sayings.filter((each) => each !== saying);
    publish();
  }, HEARD_AFTER_MS);
}

// What survives a reload ----------------------------------------------------------------------------------------

const fingerprint = (file) => `${file.name}|${file.size}|${file.lastModified}`;

function kept() {
  const all = JSON.parse(localStorage.getItem(`${KEPT}.${owner}`) || "{}");
  return Object.fromEntries(Object.entries(all).filter(([, each]) => Date.now() - each.at < KEPT_FOR_MS));
}

function keep(key, upload) {
  const all = kept();
  if (upload) all[key] = upload;
  else delete all[key];
  localStorage.setItem(`${KEPT}.${owner}`, JSON.stringify(all));
}

/** A reload leaves the tray as it was: of what is being processed only this tab knows that it was uploaded here. */
function remember() {
  const followed = [...rows.values()].filter((row) => row.state === "processing");
  const shown = followed.map(({ id, videoId, name, size, progress, line }) => ({ id, videoId, name, size, progress, line }));
  sessionStorage.setItem(`${FOLLOWED}.${owner}`, JSON.stringify(shown));
}

const remembered = () => JSON.parse(sessionStorage.getItem(`${FOLLOWED}.${owner}`) || "[]");

// The API -------------------------------------------------------------------------------------------------------

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const online = () =>
  navigator.onLine ? Promise.resolve() : new Promise((done) => window.addEventListener("online", done, { once: true }));

class Refused extends Error {}

/** One call. A dropped connection or a busy server is waited out; a refusal is thrown with its sentence. */
async function call(method, path, body, signal, headers = {}) {
  for (let tries = 0; ; tries += 1) {
    signal?.throwIfAborted();
    await online();
    const answer = await fetch(API + path, {
      method,
      signal,
      credentials: "same-origin",
      headers: body ? { "Content-Type": "application/json", ...headers } : headers,
      body: body && JSON.stringify(body),
    }).catch((error) => (error.name === "AbortError" ? Promise.reject(error) : null));
    if (answer?.ok) return answer.status === 204 ? null : answer.json();
    const final = answer && answer.status < 500 && ![401, 408, 429].includes(answer.status);
    if (final || tries >= 60) {
      const problem = await answer?.json().catch(() => null);
      throw Object.assign(new Refused(problem?.detail || "The upload did not get through"), { status: answer?.status });
    }
    await pause(Math.min(500 * 2 ** Math.min(tries, 5), 10000));
  }
}

/** A part's address: the first come with the upload, others are asked for when they are needed, fifty at a time.
 *  Each is given once, so that a part that has to be sent again gets a fresh one. */
const signed = new Map(); // upload id → part number → {url, until}
const asked = new Map(); // upload id → the answer that is waited for
async function signPart(file, { uploadId, partNumber, signal }) {
  for (;;) {
    const known = signed.get(uploadId)?.get(partNumber);
    signed.get(uploadId)?.delete(partNumber);
    if (known?.until > Date.now()) return { url: known.url, headers: {}, method: "PUT" };
    if (!asked.has(uploadId)) asked.set(uploadId, ask(file, uploadId, partNumber, signal).finally(() => asked.delete(uploadId)));
    await asked.get(uploadId);
  }
}

async function ask(file, uploadId, first, signal) {
  const last = Math.min(Math.ceil(file.size / partSizes.get(file.data)), first + SIGNED_AT_ONCE - 1);
  const part_numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const { parts } = await call("POST", `/uploads/${uploadId}/parts`, { part_numbers }, signal);
  know(uploadId, parts);
}

function know(uploadId, parts) {
  if (!signed.has(uploadId)) signed.set(uploadId, new Map());
  const until = Date.now() + SIGNED_FOR_MS;
  parts.forEach(({ part_number, url }) => signed.get(uploadId).set(part_number, { url, until }));
}

async function listParts(_file, { uploadId, signal }) {
  const upload = await call("GET", `/uploads/${uploadId}`, undefined, signal);
  return upload.uploaded_parts.map((part) => ({ PartNumber: part.part_number, Size: part.size_bytes, ETag: part.etag }));
}

// Uppy gives up an upload at its first lasting error. Parts in S3 are worth keeping: only a person gives up.
const abortIfGivenUp = (_file, { uploadId }) =>
  cancelled.has(uploadId) ? call("DELETE", `/uploads/${uploadId}`) : Promise.resolve();

const uppy = new Uppy({ autoProceed: false, allowMultipleUploadBatches: true }).use(AwsS3, {
  shouldUseMultipart: true,
  limit: PARTS_AT_ONCE,
  retryDelays: RETRY_DELAYS,
  getChunkSize: (data) => partSizes.get(data) ?? 8 * 1024 * 1024,
  createMultipartUpload: (file) => Promise.resolve(file.s3Multipart),
  signPart,
  listParts,
  abortMultipartUpload: abortIfGivenUp,
  completeMultipartUpload: (_file, { uploadId, signal }) =>
    call("POST", `/uploads/${uploadId}/complete`, {}, signal).then(() => ({})),
});
const partSizes = new WeakMap();

// What the tray can ask for -------------------------------------------------------------------------------------

export function add(chosen) {
  if (![...rows.values()].some(isGoing)) batch += 1;
  for (const file of chosen) {
    const id = fingerprint(file);
    const state = rows.get(id)?.state;
    if (state && !["choose", "elsewhere", "failed", "done"].includes(state)) continue;
    hidden.delete(id);
    rows.set(id, newRow(id, file.name, file.size, { state: "starting", file, batch }));
    begin(id, file);
  }
  publish();
}

const lockOf = (id) => tabs.nameFor(owner, id);

async function begin(id, file) {
  const wanted = () => rows.get(id)?.file === file; // or it was cancelled meanwhile
  try {
    if (!(await tabs.hold(lockOf(id)))) return wanted() && change(id, { state: "elsewhere", uploadId: kept()[id]?.id });
    const known = await unfinished(id);
    if (known?.state === "completed") return wanted() ? follow(id, known.videoId) : letGo(id);
    const upload = known ?? (await create(id, file));
    if (!wanted()) return giveUp(id, upload.id);
    change(id, { state: "uploading", uploadId: upload.id, videoId: upload.videoId });
    send(id, file, upload);
  } catch (error) {
    if (!wanted()) return letGo(id);
    change(id, { state: "failed", problem: error.message });
    tabs.release(lockOf(id));
  }
}

/** Let other tabs have the file, unless the person has chosen it here once more. */
const letGo = (id) => rows.has(id) || tabs.release(lockOf(id));

function send(id, file, upload) {
  partSizes.set(file, upload.partSize);
  forget(id);
  const uppyId = uppy.addFile({ name: file.name, type: file.type, data: file, meta: { row: id } });
  files.set(id, uppyId);
  uppy.setFileState(uppyId, { s3Multipart: { uploadId: upload.id, key: upload.videoId } });
  uppy.upload().catch(() => {});
}

/** What is remembered of this very file, with the state that the server knows: "open" or "completed". Null, and
 *  nothing is remembered any more, when the server has thrown it away or its video has been deleted. */
async function unfinished(id) {
  const upload = kept()[id];
  if (!upload) return null;
  const { state, videoId } = await look(upload.id);
  if (videoId && ["open", "completed"].includes(state)) return { ...upload, state };
  if (kept()[id]?.id === upload.id) keep(id, null);
  return null;
}

/** An upload's state and its video, as the server knows them. */
async function look(uploadId) {
  const found = await call("GET", `/uploads/${uploadId}`).catch((error) => {
    if (error.status === 404) return { state: "gone", video_id: null };
    throw error;
  });
  return { state: found.state, videoId: found.video_id };
}

/** One key for all tries of one beginning: an answer that got lost leaves no second upload behind. */
const onceOnly = () => ({ "Idempotency-Key": [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(16)).join("-") });

async function create(id, file) {
  const wanted = {
    filename: file.name,
    size_bytes: file.size,
    content_type: file.type || "application/octet-stream",
    preset: presets.get().chosen,
  };
  const made = await call("POST", "/uploads", wanted, undefined, onceOnly());
  const upload = { id: made.id, videoId: made.video_id, name: file.name, size: file.size };
  Object.assign(upload, { partSize: made.part_size_bytes, at: Date.now() });
  keep(id, upload);
  know(made.id, made.parts);
  return upload;
}

function forget(id) {
  const uppyId = files.get(id);
  files.delete(id);
  if (uppyId && uppy.getFile(uppyId)) uppy.removeFile(uppyId);
}

export function pauseRow(id) {
  uppy.pauseResume(files.get(id));
  change(id, { state: "paused", ...STANDING });
}

export function resumeRow(id) {
  uppy.pauseResume(files.get(id));
  change(id, { state: "uploading", ...STANDING });
}

export function retryRow(id) {
  const row = rows.get(id);
  if (row?.file) add([row.file]);
}

export async function cancelRow(id) {
  const { uploadId, state } = rows.get(id) ?? {};
  rows.delete(id);
  publish();
  if (!uploadId) return; // it is just being begun, and gives up as soon as it has an id
  if (state === "choose" && !(await tabs.hold(lockOf(id)))) return; // another tab has just been given the file
  giveUp(id, uploadId);
  forget(id);
}

function giveUp(id, uploadId) {
  if (kept()[id]?.id === uploadId) keep(id, null);
  cancelled.add(uploadId);
  signed.delete(uploadId);
  // A tab that is given the file before it is gone would go on with it.
  call("DELETE", `/uploads/${uploadId}`).catch(() => {}).finally(() => letGo(id));
}

export function dismiss(id) {
  forget(id);
  hidden.add(id);
  rows.delete(id);
  remember();
  publish();
}

export function dismissFinished() {
  for (const row of rows.values()) if (["done", "failed", "elsewhere"].includes(row.state)) dismiss(row.id);
}

// What Uppy tells -------------------------------------------------------------------------------------------------

uppy.on("upload-progress", (file, progress) => {
  const row = rows.get(file?.meta.row);
  if (row?.state !== "uploading") return;
  if (performance.now() - row.drawnAt < DRAW_EVERY_MS) return; // six parts tell twenty times a second each
  const sent = Math.max(progress.bytesUploaded, 0);
  change(row.id, { sent, drawnAt: performance.now(), ...pace(row, sent) });
});

/** What a row that stands still knows of its speed: nothing that a pause would spoil. */
const STANDING = { speed: 0, mark: null };

/** Speed over the last seconds, smoothed so that the figures don't jump. Parts found in S3 don't count. */
function pace(row, sent) {
  const now = performance.now();
  if (!row.mark) return { mark: { at: now, sent } };
  const seconds = (now - row.mark.at) / 1000;
  if (seconds < 0.5) return {};
  const speed = Math.max(0, (sent - row.mark.sent) / seconds);
  return { mark: { at: now, sent }, speed: row.speed ? row.speed * 0.7 + speed * 0.3 : speed };
}

uppy.on("upload-success", (file) => {
  const id = file.meta.row;
  signed.delete(rows.get(id)?.uploadId);
  forget(id);
  follow(id, rows.get(id)?.videoId);
});

uppy.on("upload-error", (file, error) => {
  const problem = error instanceof Refused || error?.name === "Refused" ? error.message : "The connection was lost";
  const id = file?.meta.row;
  change(id, { state: "failed", problem, ...STANDING });
  tabs.release(lockOf(id));
  if (kept()[id]) explain(id).catch(() => {});
});

/** Storage says no more than that it has no such upload. */
async function explain(id) {
  const known = await unfinished(id);
  if (rows.get(id)?.state !== "failed") return;
  if (known?.state === "completed") follow(id, known.videoId);
  if (!known) change(id, { problem: "The upload was deleted meanwhile", videoId: null });
}

// What becomes of a video once its bytes are up -------------------------------------------------------------------

/** The bytes are up, so there is no upload any more, only a video. */
function follow(id, videoId) {
  keep(id, null);
  tabs.release(lockOf(id));
  const { size, state } = rows.get(id) ?? {};
  const up = { sent: size, file: null, ...STANDING };
  change(id, { state: "processing", videoId, progress: 0, line: "Waiting to be processed", ...up });
  listen();
  if (state !== "uploading") catchUp(id, videoId).catch(() => {});
}

/** It may have ended long ago, and of what is gone no event tells. */
async function catchUp(id, videoId) {
  const video = await call("GET", `/videos/${videoId}`).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
  const row = rows.get(id);
  if (row?.state !== "processing" || row.videoId !== videoId) return;
  if (video) statusChanged(row, video);
  else dismiss(id);
}

function listen() {
  if (news) return;
  news = new EventSource(`${API}/events`);
  news.addEventListener("progress", (event) => heard(event, progressed));
  news.addEventListener("status", (event) => heard(event, statusChanged));
  news.addEventListener("removed", (event) => heard(event, (row) => dismiss(row.id)));
  news.addEventListener("error", () => listenAgain(news));
}

/** A browser comes back by itself after a lost line, but not after a refusal: a 401 until the sign-in is renewed. */
function listenAgain(ended) {
  if (ended?.readyState !== EventSource.CLOSED) return;
  news = null;
  setTimeout(() => someWait() && listen(), LISTEN_AGAIN_MS);
}

const someWait = () => [...rows.values()].some((row) => row.state === "processing");

function heard(event, act) {
  const data = JSON.parse(event.data);
  for (const row of rows.values()) if (row.videoId === data.video_id && row.state === "processing") act(row, data);
  if (!someWait()) {
    news?.close();
    news = null;
  }
}

const STAGES = { probe: "Reading", encode: "Encoding", poster: "Making the poster", package: "Finishing" };

function progressed(row, data) {
  const speed = data.speed ? ` · ${data.speed.toFixed(1)}×` : "";
  change(row.id, { progress: data.progress, line: `${STAGES[data.stage] ?? "Processing"}${speed}`, eta: data.eta_seconds });
}

function statusChanged(row, data) {
  if (data.status === "completed") change(row.id, { state: "done", progress: 100 });
  if (data.status === "failed") change(row.id, { state: "failed", problem: data.error?.detail ?? "Processing failed" });
  if (data.status === "cancelled") change(row.id, { state: "failed", problem: "Processing was cancelled" });
}

// What an earlier page left unfinished, and what time does to a row ------------------------------------------------

function newRow(id, name, size, fields) {
  return { id, name, size, sent: 0, speed: 0, drawnAt: 0, state: "choose", progress: 0, line: "", problem: "", ...fields };
}

/** Show what this person left unfinished in this browser, and what this tab has uploaded and waits for. */
export function own(email) {
  if (!email || email === owner) return;
  owner = email;
  remembered().forEach(followAgain);
  compare(unseen());
}

function followAgain({ id, name, size, ...fields }) {
  if (rows.has(id)) return;
  rows.set(id, newRow(id, name, size, { state: "processing", sent: size, ...fields }));
  publish();
  listen();
  catchUp(id, fields.videoId).catch(() => {});
}

const unseen = () => Object.keys(kept()).filter((id) => !rows.has(id) && !hidden.has(id));

/** Compare the rows with what the other tabs do: they begin uploads, end them, and are closed in the middle of one. */
async function compare(others = tabs.AWARE ? unseen() : []) {
  const waiting = [...rows.values()].filter((row) => row.state in COMPARED);
  if (!waiting.length && !others.length) return;
  const busy = await tabs.elsewhere();
  for (const id of others) if (!rows.has(id) && !busy.has(lockOf(id))) showUnfinished(id);
  for (const { id } of waiting) COMPARED[rows.get(id)?.state]?.(rows.get(id), busy.has(lockOf(id)));
}

const COMPARED = {
  choose: (row, busy) => (busy || !kept()[row.id]) && drop(row.id),
  elsewhere: (row, busy) => {
    const uploadId = kept()[row.id]?.id ?? row.uploadId;
    if (uploadId !== row.uploadId) change(row.id, { uploadId });
    if (busy || row.ended) return;
    change(row.id, { ended: true });
    endedElsewhere(rows.get(row.id)).catch(() => drop(row.id));
  },
};

function showUnfinished(id) {
  const upload = kept()[id];
  if (!upload) return;
  rows.set(id, newRow(id, upload.name, upload.size, { uploadId: upload.id, videoId: upload.videoId }));
  publish();
  check(id).catch(() => {});
}

/** Whether the server still has what is remembered. */
async function check(id) {
  const known = await unfinished(id);
  if (rows.get(id)?.state !== "choose") return;
  if (!known) drop(id);
  else if (known.state === "completed") follow(id, known.videoId);
}

/** The other tab has sent the file or given it up, or it was closed in the middle: then this one goes on. */
async function endedElsewhere({ id, uploadId, file }) {
  const { state, videoId } = uploadId ? await look(uploadId) : {};
  if (rows.get(id)?.state !== "elsewhere" || rows.get(id).file !== file) return;
  if (state === "completed" && videoId) follow(id, videoId);
  else if (state === "open" && kept()[id]) add([file]);
  else drop(id);
}

function drop(id) {
  rows.delete(id);
  publish();
}

window.addEventListener("online", publish);
window.addEventListener("offline", publish);
window.addEventListener("storage", () => compare());
window.addEventListener("pagehide", () => owner && remember());
setInterval(() => {
  compare();
  for (const row of rows.values()) {
    if (row.state === "uploading" && row.speed && performance.now() - row.mark.at > STALLED_AFTER_MS) change(row.id, STANDING);
  }
}, 1000);

window.addEventListener("beforeunload", (event) => {
  if ([...rows.values()].some((row) => row.state === "uploading" || row.state === "starting")) event.preventDefault();
});
