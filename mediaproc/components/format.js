// Formatting: numbers as text, for the page's own scripts and, through `format.py`, for values of the page's state.
const SIZES = ["B", "kB", "MB", "GB", "TB"];

/** `12.4 MB`: at most three digits, decimal units. */
export function formatSize(bytes) {
  let power = 0;
  for (; bytes >= 999.5 && power < SIZES.length - 1; power += 1) bytes /= 1000;
  return `${bytes.toFixed(power < 2 || bytes >= 99.95 ? 0 : 1)} ${SIZES[power]}`;
}

/** `42 %`, rounded down, so that nothing unfinished is at 100 %. */
export const formatPercent = (percent) => `${Math.floor(percent)} %`;

/** `3 min left`: the longer, the coarser, so that the figure does not jump. Empty if unknown. */
export function formatTimeLeft(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 5) return "almost done";
  if (seconds < 55) return `${5 * Math.round(seconds / 5)} s left`;
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min left`;
  return `${Math.round(seconds / 360) / 10} h left`;
}

/** `3.7×` real time; empty if unknown or close to zero. */
export const formatSpeed = (speed) => (speed >= 0.05 ? `${speed.toFixed(1)}×` : "");

/** `Waiting, 3rd of 6`: a place in the queue. */
export function formatPlace({ position, length }) {
  return length > 1 ? `Waiting, ${position}${ORDINALS[ordinal.select(position)]} of ${length}` : "Waiting, next in line";
}

const ordinal = new Intl.PluralRules("en", { type: "ordinal" });
const ORDINALS = { one: "st", two: "nd", few: "rd", other: "th" };

/** `48 fps`; empty if unknown. */
export const formatFps = (fps) => (fps ? `${Math.round(fps)} fps` : "");

/** `Encoding · 48 fps · 3.7× · 3 min left`, without what is unknown. */
export function formatProgress({ label, fps, speed, eta_seconds: eta } = {}) {
  return join(label, formatFps(fps), formatSpeed(speed), formatTimeLeft(eta));
}

/** The parts that are not empty, as one line. */
export const join = (...parts) => parts.filter(Boolean).join(" · ");

const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

/** `3 min ago` or `in 20 s`, for a time that was this many seconds ago. */
export function formatAgo(seconds) {
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(-Math.trunc(seconds / length), unit).replace(".", "");
  }
  return seconds < -5 ? `in ${Math.round(-seconds)} s` : "just now";
}

/** The exact time, in the browser's time zone. */
export const formatTime = (time) => time.toLocaleString("en", { dateStyle: "full", timeStyle: "medium" });

/** `1 file` or `3 files`. */
export const formatCount = (count, noun) => `${count} ${count === 1 ? noun : `${noun}s`}`;
