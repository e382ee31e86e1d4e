// Relative time ("3 min ago"), with the exact time on hover. It updates itself.
import { useEffect, useState } from "react";
import { formatAgo, formatTime } from "../format/format.js";

export function RelativeTime({ at, ref, ...props }) {
  const [, again] = useState(0);
  useEffect(() => {
    // Within a minute of the time the text changes every second; each timer sets the next.
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
  return <time dateTime={at} title={formatTime(time)} {...props}>{formatAgo((Date.now() - time.getTime()) / 1000)}</time>;
}
