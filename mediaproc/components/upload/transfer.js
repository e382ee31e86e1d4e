// Transfer: Uppy cuts a file into parts and sends several at a time, each with retries of its own.
import Uppy from "@uppy/core";
import AwsS3 from "@uppy/aws-s3";
import * as api from "./api.js";

const PARTS_AT_ONCE = 6;
const RETRY_DELAYS = [0, 500, 1000, 2000, 4000, 8000, 16000, 30000];
const DEFAULT_PART_SIZE = 8 * 1024 * 1024;

const partSizes = new WeakMap(); // File → bytes
const uppyIds = new Map(); // row id → Uppy's file id
const abandoned = new Set(); // ids of uploads that the user cancelled

const uppy = new Uppy({ autoProceed: false, allowMultipleUploadBatches: true }).use(AwsS3, {
  shouldUseMultipart: true,
  limit: PARTS_AT_ONCE,
  retryDelays: RETRY_DELAYS,
  getChunkSize: (data) => partSizes.get(data) ?? DEFAULT_PART_SIZE,
  createMultipartUpload: (file) => Promise.resolve(file.s3Multipart),
  signPart: async (file, { uploadId, partNumber, signal }) => {
    const lastPart = Math.ceil(file.size / partSizes.get(file.data));
    return { url: await api.partUrl(uploadId, partNumber, lastPart, signal), headers: {}, method: "PUT" };
  },
  listParts: (_file, { uploadId, signal }) => api.uploadedParts(uploadId, signal),
  // Uppy aborts an upload at its first permanent error. The parts in storage are worth keeping: only a user aborts.
  abortMultipartUpload: (_file, { uploadId }) => (abandoned.has(uploadId) ? api.deleteUpload(uploadId) : Promise.resolve()),
  completeMultipartUpload: (_file, { uploadId, signal }) => api.completeUpload(uploadId, signal).then(() => ({})),
});

/** Call these with a row's id: `progressed` with the bytes sent, `succeeded`, and `failed` with an error. */
export function listen({ progressed, succeeded, failed }) {
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
  uppy.setFileState(uppyId, { s3Multipart: { uploadId: upload.id, key: upload.videoId } });
  uppy.upload().catch(() => {});
}

export const pauseOrResume = (rowId) => uppy.pauseResume(uppyIds.get(rowId));

/** Stop sending a row's file. */
export function forget(rowId) {
  const uppyId = uppyIds.get(rowId);
  uppyIds.delete(rowId);
  if (uppyId && uppy.getFile(uppyId)) uppy.removeFile(uppyId);
}

/** Delete an upload that the user cancelled. */
export function abandon(uploadId) {
  abandoned.add(uploadId);
  return api.deleteUpload(uploadId);
}
