// Processing: follows uploaded videos until they are ready, by one stream of events.
import * as api from "./api.js";
import * as store from "./store.js";

const RECONNECT_MS = 3000;
const QUEUE_MS = 3000;

let events = null; // the EventSource, null while no row needs it

const awaited = () => store.all().filter((row) => row.state === "processing");

/** Follow the video of a row that is uploaded. */
export function follow(id, videoId, { missedEvents }) {
  const up = { sent: store.get(id)?.size, file: null, ...store.IDLE };
  store.change(id, { state: "processing", videoId, progress: 0, stage: "", ...up });
  listen();
  if (missedEvents) catchUp(id, videoId).catch(() => {});
}

/** Show a row of before a reload again. */
export function followAgain({ id, name, size, ...fields }) {
  if (store.get(id)) return;
  store.put(store.newRow(id, name, size, { state: "processing", sent: size, ...fields }));
  listen();
  catchUp(id, fields.videoId).catch(() => {});
}

/** The video may have ended long ago, or be deleted, which no event repeats. */
async function catchUp(id, videoId) {
  const video = await api.video(videoId);
  const row = store.get(id);
  if (row?.state !== "processing" || row.videoId !== videoId) return;
  if (video) statusChanged(row, video);
  else removed(row);
}

function listen() {
  if (events) return;
  events = new EventSource(api.EVENTS_URL);
  events.addEventListener("progress", (event) => handle(event, progressed));
  events.addEventListener("status", (event) => handle(event, statusChanged));
  events.addEventListener("removed", (event) => handle(event, removed));
  events.addEventListener("error", () => reconnect(events));
}

/** A browser reconnects by itself after a lost connection, but not after a refusal, such as 401 while the session is
 *  renewed. */
function reconnect(ended) {
  if (ended?.readyState !== EventSource.CLOSED) return;
  events = null;
  setTimeout(() => awaited().length && listen(), RECONNECT_MS);
}

function handle(event, act) {
  const data = JSON.parse(event.data);
  for (const row of awaited()) if (row.videoId === data.video_id) act(row, data);
  if (awaited().length) return;
  events?.close();
  events = null;
}

function progressed(row, data) {
  const figures = { progress: data.progress, stage: data.stage, rate: data.speed, eta: data.eta_seconds };
  store.change(row.id, { ...figures, place: null, toldAt: performance.now() });
}

/** No event tells when the queue moves on. Asked only while a row has heard nothing for a while. */
async function readPlaces() {
  const silent = () => awaited().filter((row) => !(performance.now() - row.toldAt < QUEUE_MS));
  if (!silent().length) return;
  const places = await api.places().catch(() => null);
  if (places) silent().forEach((row) => store.change(row.id, { place: places.get(row.videoId) ?? null }));
}

if (typeof window !== "undefined") setInterval(readPlaces, QUEUE_MS);

function statusChanged(row, data) {
  if (data.status === "completed") store.change(row.id, { state: "done", progress: 100 });
  if (data.status === "failed") store.change(row.id, { state: "failed", problem: data.error?.detail ?? "Processing failed" });
  if (data.status === "cancelled") store.change(row.id, { state: "cancelled" });
}

const removed = (row) => store.remove(row.id);
