// Pace: how many parts are under way at a time. Storage keeps only whole parts, so what is under way is lost with the
// page: on a slow line a few parts at a time get through sooner than many.
export const PARTS_AT_ONCE = 6;

const MEASURED_AFTER_MS = 2000;
const PART_SECONDS = 10; // a part should take no longer
const STALLED_AFTER_MS = 5000;

const parts = new Set(); // parts under way: {row, size, sent, began, moved, stop}

/** True while a part of the row's file is under way. */
export const underWay = (row) => [...parts].some((part) => part.row === row);

/** Send a part by `send`. Where the line is slow, `setLimit` is called with fewer parts, and those that have sent least
 *  are begun again later. */
export async function timed(options, row, send, setLimit) {
  const controller = new AbortController();
  const now = performance.now();
  const part = { row, size: options.size, sent: 0, began: now, moved: now, stop: () => controller.abort() };
  const follow = () => controller.abort();
  options.signal?.addEventListener("abort", follow);
  parts.add(part);
  const onProgress = (event) => {
    Object.assign(part, { sent: event.loaded, moved: performance.now() });
    adapt(setLimit);
    options.onProgress?.(event);
  };
  try {
    const sent = await send({ ...options, onProgress, signal: controller.signal });
    if (performance.now() - part.began < MEASURED_AFTER_MS) setLimit(PARTS_AT_ONCE);
    return sent;
  } catch (error) {
    if (options.signal?.aborted || !controller.signal.aborted) throw error;
    options.onProgress?.({ loaded: 0, lengthComputable: true });
    throw Object.assign(new Error("Postponed"), { source: { status: 409 } }); // Uppy begins the part again
  } finally {
    options.signal?.removeEventListener("abort", follow);
    parts.delete(part);
  }
}

/** Stop the parts of a row that send nothing, now or later on, as long as it is `paused()`. */
export function stopIdle(row, paused) {
  if (!paused()) return;
  const mine = [...parts].filter((part) => part.row === row);
  mine.filter((part) => part.sent === 0 || performance.now() - part.moved > STALLED_AFTER_MS).forEach((part) => part.stop());
  if (mine.length) setTimeout(() => stopIdle(row, paused), STALLED_AFTER_MS);
}

let measured = 0;

function adapt(setLimit) {
  const now = performance.now();
  const moving = [...parts];
  if (now - measured < MEASURED_AFTER_MS || moving.some((part) => !part.sent || now - part.began < MEASURED_AFTER_MS)) return;
  measured = now;
  const speed = moving.reduce((sum, part) => sum + (1000 * part.sent) / (now - part.began), 0);
  const limit = limitFor(speed, Math.max(...moving.map((part) => part.size)), new Set(moving.map((part) => part.row)).size);
  setLimit(limit);
  moving.sort(byTurn).slice(limit).forEach((part) => part.stop());
}

/** Number of parts at a time for a line of so many bytes a second: at least one of each file. */
export function limitFor(speed, size, files) {
  return Math.min(PARTS_AT_ONCE, Math.max(files, 1, Math.floor((speed * PART_SECONDS) / size)));
}

/** The furthest part of each file first, then the second of each. */
function byTurn(one, other) {
  const turn = (part) => [...parts].filter((each) => each.row === part.row && each.sent > part.sent).length;
  return turn(one) - turn(other) || other.sent - one.sent;
}
