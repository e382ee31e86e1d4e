// A time in words ("3 min ago"), the exact one on hover. It keeps itself true.
import { useEffect, useState } from "react";

const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

function inWords(seconds) {
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(-Math.floor(seconds / length), unit).replace(".", "");
  }
  return seconds < -5 ? `in ${Math.round(-seconds)} s` : "just now";
}

export function RelativeTime({ at, ref, ...props }) {
  const [, again] = useState(0);
  useEffect(() => {
    // Within a minute of the time the words change every second; a timer that is due sets the next one.
    let timer;
    const next = () => {
      const away = Math.abs(Date.now() - new Date(at).getTime());
      timer = setTimeout(() => (again((n) => n + 1), next()), away < 75000 ? 1000 : 20000);
    };
    next();
    return () => clearTimeout(timer);
  }, [at]);
  const time = new Date(at);
  if (!at || Number.isNaN(time.getTime())) return null;
  const exact = time.toLocaleString("en", { dateStyle: "full", timeStyle: "medium" });
  return <time dateTime={at} title={exact} {...props}>{inWords((Date.now() - time.getTime()) / 1000)}</time>;
}
