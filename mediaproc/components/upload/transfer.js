// Transfer: Uppy cuts a file into parts and sends several at a time, each with retries of its own.
import Uppy from "@uppy/core";
import AwsS3 from "@uppy/aws-s3";
import * as api from "./api.js";
import * as pace from "./pace.js";

const RETRY_DELAYS = [0, 500, 1000, 2000, 4000, 8000, 16000, 30000];
const DEFAULT_PART_SIZE = 8 * 1024 * 1024;

const partSizes = new WeakMap(); // File → bytes
const uppyIds = new Map(); // row id → Uppy's file id
const uploadIds = new Map(); // row id → id of the upload
const abandoned = new Set(); // ids of uploads that the user cancelled
const pausing = new Map(); // row id → functions that let its next parts go, while those under way are finished
const handlers = {};

const uppy = new Uppy({ autoProceed: false, allowMultipleUploadBatches: true }).use(AwsS3, {
  shouldUseMultipart: true,
  limit: pace.PARTS_AT_ONCE,
  retryDelays: RETRY_DELAYS,
  getChunkSize: (data) => partSizes.get(data) ?? DEFAULT_PART_SIZE,
  createMultipartUpload: (file) => Promise.resolve(file.s3Multipart),
  signPart: async (file, { uploadId, partNumber, signal }) => {
    const row = file.meta.row;
    while (pausing.has(row)) await new Promise((go) => pausing.get(row).push(go));
    signal.throwIfAborted();
    const lastPart = Math.ceil(file.size / partSizes.get(file.data));
    return { url: await api.partUrl(uploadId, partNumber, lastPart, signal), headers: {}, method: "PUT", row };
  },
  uploadPartBytes: (part) =>
    pace.timed(part, part.signature.row, AwsS3.uploadPartBytes, setLimit).finally(() => settle(part.signature.row)),
  listParts: (_file, { uploadId, signal }) => api.uploadedParts(uploadId, signal),
  // Uppy aborts an upload at its first permanent error. The parts in storage are worth keeping: only a user aborts.
  abortMultipartUpload: (_file, { uploadId }) => (abandoned.has(uploadId) ? api.deleteUpload(uploadId) : Promise.resolve()),
  completeMultipartUpload: (_file, { uploadId, signal }) => api.completeUpload(uploadId, signal).then(() => ({})),
});

function setLimit(limit) {
  const { requests } = uppy.getPlugin("AwsS3Multipart");
  const more = limit > requests.limit;
  requests.limit = limit;
  if (more && navigator.onLine) requests.resume();
}

/** Call these with a row's id: `progressed` with the bytes sent, `paused` with the bytes that storage has, `succeeded`,
 *  and `failed` with an error. */
export function listen({ progressed, paused, succeeded, failed }) {
  handlers.paused = paused;
  uppy.on("upload-progress", (file, progress) => progressed(file?.meta.row, Math.max(progress.bytesUploaded, 0)));
  uppy.on("upload-success", (file) => succeeded(file.meta.row));
  uppy.on("upload-error", (file, error) => failed(file?.meta.row, error));
}

/** Send a file, or the parts of it that storage does not have yet. */
export function send(rowId, file, upload) {
  partSizes.set(file, upload.partSize);
  forget(rowId);
  const uppyId = uppy.addFile({ name: file.name, type: file.type, data: file, meta: { row: rowId } });
  uppyIds.set(rowId, uppyId);
  uploadIds.set(rowId, upload.id);
  uppy.setFileState(uppyId, { s3Multipart: { uploadId: upload.id, key: upload.videoId } });
  uppy.upload().catch(() => {});
}

/** Begin no other part of a row's file. Parts under way are finished, since storage keeps only whole ones. */
export function pause(rowId) {
  if (pausing.has(rowId)) return;
  const waiting = [];
  pausing.set(rowId, waiting);
  pace.stopIdle(rowId, () => pausing.get(rowId) === waiting);
  settle(rowId);
}

/** Once no part of a paused file is under way, Uppy stops, and storage says what it has. */
async function settle(rowId) {
  if (!pausing.has(rowId) || pace.underWay(rowId)) return;
  release(rowId, () => uppy.pauseResume(uppyIds.get(rowId)));
  const parts = await api.uploadedParts(uploadIds.get(rowId)).catch(() => null);
  handlers.paused(rowId, parts && parts.reduce((sum, part) => sum + part.Size, 0));
}

export function resume(rowId) {
  const settled = !pausing.has(rowId);
  release(rowId, () => settled && uppy.pauseResume(uppyIds.get(rowId)));
}

/** Let go of the parts that wait for the end of a pause, after Uppy was told what becomes of them. */
function release(rowId, tell) {
  const waiting = pausing.get(rowId) ?? [];
  pausing.delete(rowId);
  tell();
  waiting.forEach((go) => go());
}

/** Stop sending a row's file. */
export function forget(rowId) {
  const uppyId = uppyIds.get(rowId);
  uppyIds.delete(rowId);
  release(rowId, () => uppyId && uppy.getFile(uppyId) && uppy.removeFile(uppyId));
}

/** Delete an upload that the user cancelled. */
export function abandon(uploadId, options) {
  abandoned.add(uploadId);
  return api.deleteUpload(uploadId, options);
}
