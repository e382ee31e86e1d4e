// Draws the uploads: the whole window takes a drop, and a tray at the lower right shows each file.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useLocation, useNavigate } from "react-router";
import { Check, ChevronDown, ChevronUp, CloudUpload, Pause, Play, RotateCw, X } from "lucide-react";
import * as engine from "./upload_engine.js";

const UNITS = ["B", "kB", "MB", "GB", "TB"];
function size(bytes) {
  let power = 0;
  for (; bytes >= 999.5 && power < UNITS.length - 1; power += 1) bytes /= 1000;
  return `${bytes.toFixed(power < 2 || bytes >= 99.95 ? 0 : 1)} ${UNITS[power]}`;
}

function left(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 5) return "almost done";
  if (seconds < 55) return `${5 * Math.round(seconds / 5)} s left`;
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

const percent = (row) => (row.state === "processing" || row.state === "done" ? row.progress : (100 * row.sent) / row.size);
const figure = (row) => (row.state === "processing" && !row.progress ? "" : `${Math.floor(percent(row))} %`);

function words(row) {
  if (row.state === "starting") return ["Starting…", ""];
  if (row.state === "choose") return [`${size(row.size)} · choose the file again to go on`, ""];
  if (row.state === "elsewhere") return ["Is already being uploaded in another tab", ""];
  if (row.state === "failed") return [row.problem, ""];
  if (row.state === "done") return ["Ready to play", ""];
  if (row.state === "processing") return [row.line, row.eta ? left(row.eta) : ""];
  const sent = `${size(row.sent)} of ${size(row.size)}`;
  if (row.state === "paused") return [`${sent} · paused`, ""];
  if (!navigator.onLine) return [`${sent} · offline, goes on by itself`, ""];
  if (!row.speed) return [sent, ""];
  return [`${sent} · ${size(row.speed)}/s`, left((row.size - row.sent) / row.speed)];
}

function Act({ label, icon: Icon, ...props }) {
  return (
    <button type="button" className="btn btn-bare btn-small btn-icon" title={label} {...props}>
      <Icon size={15} aria-hidden="true" />
      <span className="hidden-visually">{label}</span>
    </button>
  );
}

function Row({ row, choose }) {
  const navigate = useNavigate();
  const go = (event) => (event.preventDefault(), navigate(`/videos/${row.videoId}`));
  const linked = row.videoId && ["processing", "done", "failed"].includes(row.state);
  const [line, aside] = words(row);
  return (
    <li className="row" data-state={row.state} data-upload={row.name}>
      <div className="name" title={row.name}>
        {linked ? <a href={`/videos/${row.videoId}`} onClick={go}>{row.name}</a> : <span>{row.name}</span>}
      </div>
      {!["failed", "choose", "elsewhere"].includes(row.state) && (
        <progress className="bar" max="100" value={row.state === "starting" ? 0 : percent(row)} aria-label={row.name} />
      )}
      <div className="line">
        <span>{line}</span>
        <span>{["uploading", "paused", "processing"].includes(row.state) ? [aside, figure(row)].filter(Boolean).join(" · ") : ""}</span>
      </div>
      <div className="acts">
        {row.state === "uploading" && <Act label={`Pause ${row.name}`} icon={Pause} onClick={() => engine.pauseRow(row.id)} />}
        {row.state === "paused" && <Act label={`Resume ${row.name}`} icon={Play} onClick={() => engine.resumeRow(row.id)} />}
        {row.state === "choose" && <Act label={`Choose ${row.name} again`} icon={CloudUpload} onClick={choose} />}
        {row.state === "failed" && row.file && <Act label={`Try ${row.name} again`} icon={RotateCw} onClick={() => engine.retryRow(row.id)} />}
        {["starting", "uploading", "paused", "choose"].includes(row.state) ? (
          <Act label={`Cancel ${row.name}`} icon={X} onClick={() => engine.cancelRow(row.id)} />
        ) : (
          <Act label={`Hide ${row.name}`} icon={X} onClick={() => engine.dismiss(row.id)} />
        )}
        {row.state === "done" && <Check size={16} className="done-mark" style={{ order: -1, margin: 6 }} aria-hidden="true" />}
      </div>
    </li>
  );
}

const many = (count, what) => `${count} ${count === 1 ? what : `${what}s`}`;

function headline(rows) {
  const going = rows.filter(engine.isGoing);
  const processing = rows.filter((row) => row.state === "processing");
  if (going.length) return `Uploading ${many(going.length, "file")}`;
  if (processing.length) return `Processing ${many(processing.length, "video")}`;
  if (rows.some((row) => row.state === "choose")) return "Unfinished uploads";
  if (rows.some((row) => row.state === "failed")) return "Some files need a look";
  return rows.some((row) => row.state === "elsewhere") ? "Uploading in another tab" : "All done";
}

function totalLine({ sent, size: whole, speed }) {
  const parts = [`${size(sent)} of ${size(whole)}`, speed ? left((whole - sent) / speed) : "", `${Math.floor((100 * sent) / whole)} %`];
  return parts.filter(Boolean).join(" · ");
}

function Tray({ rows, choose }) {
  const { pathname } = useLocation();
  const folded = useSyncExternalStore(engine.subscribe, engine.getFolded);
  const [roomy] = useState(() => window.innerWidth > 720 && !pathname.startsWith("/videos/"));
  const open = folded === null ? roomy : !folded;
  const whole = engine.total();
  const busy = rows.some((row) => !["done", "failed", "elsewhere"].includes(row.state));
  return (
    <section className="tray" aria-label="Uploads">
      <div className="tray-head">
        <div className="what">
          {headline(rows)}
          {whole && (rows.length > 1 || !open) && <small>{totalLine(whole)}</small>}
        </div>
        <Act label={open ? "Fold the uploads" : "Unfold the uploads"} icon={open ? ChevronDown : ChevronUp} aria-expanded={open} onClick={() => engine.fold(open)} />
        {!busy && <Act label="Close the uploads" icon={X} onClick={engine.dismissFinished} />}
      </div>
      {whole && (rows.length > 1 || !open) && (
        <div className="tray-total"><progress className="bar" max="100" value={(100 * whole.sent) / whole.size} aria-label="All uploads" /></div>
      )}
      {open && <ul className="tray-list">{rows.map((row) => <Row key={row.id} row={row} choose={choose} />)}</ul>}
    </section>
  );
}

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

function useWindowDrop() {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  useEffect(() => {
    const enter = (event) => hasFiles(event) && (event.preventDefault(), (depth.current += 1), setOver(true));
    const leave = (event) => hasFiles(event) && (depth.current -= 1) <= 0 && ((depth.current = 0), setOver(false));
    const hover = (event) => hasFiles(event) && event.preventDefault();
    const drop = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth.current = 0;
      setOver(false);
      engine.add(event.dataTransfer.files);
    };
    const all = { dragenter: enter, dragleave: leave, dragover: hover, drop };
    for (const [name, act] of Object.entries(all)) window.addEventListener(name, act);
    return () => Object.entries(all).forEach(([name, act]) => window.removeEventListener(name, act));
  }, []);
  return over;
}

/** Apart from the tray, which comes and goes: a screen reader tells only of changes in what was there before. */
function Spoken() {
  const sayings = useSyncExternalStore(engine.subscribe, engine.getSayings);
  return (
    <div className="hidden-visually" role="log" aria-label="News of the uploads" aria-live="polite">
      {sayings.map(({ key, text }) => <p key={key}>{text}</p>)}
    </div>
  );
}

export function Uploader({ owner }) {
  const rows = useSyncExternalStore(engine.subscribe, engine.getRows);
  const over = useWindowDrop();
  const picker = useRef(null);
  useEffect(() => engine.own(owner), [owner]);
  useEffect(() => {
    const open = (event) => event.target.closest?.("[data-pick-files]") && picker.current?.click();
    document.addEventListener("click", open);
    return () => document.removeEventListener("click", open);
  }, []);
  const chosen = (event) => (engine.add([...event.target.files]), (event.target.value = ""));
  return (
    <>
      <input ref={picker} type="file" multiple hidden id="file-picker" aria-label="Files to upload" onChange={chosen} />
      {over && (
        <div className="dropzone" aria-hidden="true">
          <div><CloudUpload size={40} strokeWidth={1.5} />Drop to upload<small>Videos of any length, several at a time</small></div>
        </div>
      )}
      <Spoken />
      {rows.length > 0 && <Tray rows={rows} choose={() => picker.current?.click()} />}
    </>
  );
}
