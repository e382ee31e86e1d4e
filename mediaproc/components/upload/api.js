// The uploads API, and the presigned addresses of parts.
const BASE = "/api/v1";
const RETRIES = 60;
const SIGNED_AT_ONCE = 50;
const SIGNED_FOR_MS = 3600 * 1000; // valid for a day; after a long pause fresh ones are requested

export const EVENTS_URL = `${BASE}/events`;

/** A request that the API refused. `message` is its reason, `status` the HTTP status. */
export class Refused extends Error {}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const online = () =>
  navigator.onLine ? Promise.resolve() : new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));

/** Send a request; while the connection is lost or the server busy, again. Throws Refused. */
async function call(method, path, { body, signal, keepalive = false, headers = {} } = {}) {
  for (let tries = 0; ; tries += 1) {
    signal?.throwIfAborted();
    await online();
    const answer = await fetch(BASE + path, {
      method,
      signal,
      keepalive,
      credentials: "same-origin",
      headers: body ? { "Content-Type": "application/json", ...headers } : headers,
      body: body && JSON.stringify(body),
    }).catch((error) => (error.name === "AbortError" ? Promise.reject(error) : null));
    if (answer?.ok) return answer.status === 204 ? null : answer.json();
    const final = answer && answer.status < 500 && ![401, 408, 429].includes(answer.status);
    if (final || tries >= RETRIES) {
      const problem = await answer?.json().catch(() => null);
      throw Object.assign(new Refused(problem?.detail || "Upload failed"), { status: answer?.status });
    }
    await sleep(Math.min(500 * 2 ** Math.min(tries, 5), 10000));
  }
}

function orNullIfGone(error) {
  if (error.status === 404) return null;
  throw error;
}

/** The same key for all tries of one request: if an answer is lost, no second upload is created. */
const idempotent = () => ({
  "Idempotency-Key": [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(16)).join("-"),
});

/** Create an upload. Returns what `resume.js` saves of it. */
export async function createUpload(file, preset) {
  const body = {
    filename: file.name,
    size_bytes: file.size,
    content_type: file.type || "application/octet-stream",
    preset,
  };
  const upload = await call("POST", "/uploads", { body, headers: idempotent() });
  keepSigned(upload.id, upload.parts);
  return {
    id: upload.id,
    videoId: upload.video_id,
    name: file.name,
    size: file.size,
    partSize: upload.part_size_bytes,
  };
}

/** State of an upload, id of its video and bytes that storage has, as the server knows them; state "gone" if it has
 *  none. */
export async function uploadState(id) {
  const upload = await call("GET", `/uploads/${id}`).catch(orNullIfGone);
  const stored = (upload?.uploaded_parts ?? []).reduce((sum, part) => sum + part.size_bytes, 0);
  return { state: upload?.state ?? "gone", videoId: upload?.video_id, stored };
}

/** The parts that storage has, in Uppy's terms. */
export async function uploadedParts(id, signal) {
  const upload = await call("GET", `/uploads/${id}`, { signal });
  return upload.uploaded_parts.map((part) => ({ PartNumber: part.part_number, Size: part.size_bytes, ETag: part.etag }));
}

export const completeUpload = (id, signal) => call("POST", `/uploads/${id}/complete`, { body: {}, signal });

/** `keepalive`: also while the page goes. */
export function deleteUpload(id, { keepalive = false } = {}) {
  signed.delete(id);
  return call("DELETE", `/uploads/${id}`, { keepalive });
}

/** A video, null if it is gone. */
export const video = (id) => call("GET", `/videos/${id}`).catch(orNullIfGone);

/** Places in the queue of the videos that wait: id → {position, length}. */
export async function places() {
  const { items } = await call("GET", "/videos?status=queued&status=processing&limit=100");
  return new Map(items.filter((each) => each.queue).map((each) => [each.id, each.queue]));
}

const signed = new Map(); // upload id → part number → {url, until}
const requested = new Map(); // upload id → request under way

/** Address of a part. The first come with the upload, others are requested as they are needed, fifty at a time. Each is
 *  returned once, so that a part that is sent again gets a fresh one. */
export async function partUrl(id, partNumber, lastPart, signal) {
  for (;;) {
    const known = signed.get(id)?.get(partNumber);
    signed.get(id)?.delete(partNumber);
    if (known?.until > Date.now()) return known.url;
    if (!requested.has(id)) {
      requested.set(id, requestUrls(id, partNumber, lastPart, signal).finally(() => requested.delete(id)));
    }
    await requested.get(id);
  }
}

async function requestUrls(id, first, lastPart, signal) {
  const last = Math.min(lastPart, first + SIGNED_AT_ONCE - 1);
  const part_numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const { parts } = await call("POST", `/uploads/${id}/parts`, { body: { part_numbers }, signal });
  keepSigned(id, parts);
}

function keepSigned(id, parts) {
  if (!signed.has(id)) signed.set(id, new Map());
  const until = Date.now() + SIGNED_FOR_MS;
  parts.forEach(({ part_number, url }) => signed.get(id).set(part_number, { url, until }));
}

/** Drop the addresses of an upload that is complete. */
export const forgetUrls = (id) => signed.delete(id);
