// Draws the uploads: the whole window accepts dropped files, and a tray at the lower right shows each file.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useLocation, useNavigate } from "react-router";
import { Check, ChevronDown, ChevronUp, CircleAlert, CloudUpload, Pause, Play, RotateCw, X } from "lucide-react";
import { formatCount, formatPercent, formatPlace, formatSize, formatSpeed, formatTimeLeft, join } from "../../format/format.js";
import * as engine from "./engine.js";
import * as store from "./store.js";

const PLANNED = 1; // percent at which a video has been read and nothing is encoded yet

const isProcessed = (row) => row.state === "processing" || row.state === "done";
const percent = (row) => (isProcessed(row) ? row.progress : (100 * row.sent) / row.size);
const isWaiting = (row) => row.state === "processing" && (row.place || !row.progress);
const shownPercent = (row) => (isWaiting(row) && row.progress <= PLANNED ? "" : formatPercent(percent(row)));

/** What happens to a row, and the time left. */
function status(row, stages) {
  if (row.state === "starting") return ["Starting…", ""];
  if (row.state === "select") return [row.problem || `${formatSize(row.sent)} of ${formatSize(row.size)} · Select the file again to resume`, ""];
  if (row.state === "elsewhere") return ["Uploading in another tab", ""];
  if (row.state === "failed") return [row.problem, ""];
  if (row.state === "cancelled") return ["Processing cancelled", ""];
  if (row.state === "done") return ["Ready to play", ""];
  if (row.state === "processing" && row.place) return [formatPlace(row.place), ""];
  if (row.state === "processing") return [join(stages[row.stage] ?? stages.unknown, formatSpeed(row.rate)), row.eta ? formatTimeLeft(row.eta) : ""];
  const sent = `${formatSize(row.sent)} of ${formatSize(row.size)}`;
  if (row.state === "paused") return [`${sent} · ${row.finishing ? "Paused, finishing parts" : "Paused"}`, ""];
  if (!navigator.onLine) return [`${sent} · Offline, resumes automatically`, ""];
  if (!row.speed) return [sent, ""];
  return [`${sent} · ${formatSize(row.speed)}/s`, formatTimeLeft((row.size - row.sent) / row.speed)];
}

function IconButton({ label, icon: Icon, ...props }) {
  return (
    <button type="button" className="btn btn-bare btn-small btn-icon" title={label} {...props}>
      <Icon size={15} aria-hidden="true" />
      <span className="hidden-visually">{label}</span>
    </button>
  );
}

function Row({ row, stages, pick }) {
  const navigate = useNavigate();
  const open = (event) => (event.preventDefault(), navigate(`/videos/${row.videoId}`));
  const linked = row.videoId && ["processing", "done", "failed", "cancelled"].includes(row.state);
  const [line, timeLeft] = status(row, stages);
  return (
    <li className="row" data-state={row.state} data-finishing={row.finishing} data-upload={row.name}>
      <div className="name" title={row.name}>
        {linked ? <a href={`/videos/${row.videoId}`} onClick={open}>{row.name}</a> : <span>{row.name}</span>}
      </div>
      {!["failed", "cancelled", "elsewhere"].includes(row.state) && (
        <progress className="bar" max="100" value={row.state === "starting" ? 0 : percent(row)} aria-label={row.name} />
      )}
      <div className="line">
        <span>{line}</span>
        <span>{["uploading", "paused", "processing"].includes(row.state) ? join(timeLeft, shownPercent(row)) : ""}</span>
      </div>
      <div className="acts">
        {row.state === "uploading" && <IconButton label={`Pause ${row.name}`} icon={Pause} onClick={() => engine.pauseRow(row.id)} />}
        {row.state === "paused" && <IconButton label={`Resume ${row.name}`} icon={Play} onClick={() => engine.resumeRow(row.id)} />}
        {row.state === "select" && <IconButton label={`Select ${row.name} again`} icon={CloudUpload} onClick={() => pick(row.id)} />}
        {row.state === "failed" && row.file && <IconButton label={`Retry ${row.name}`} icon={RotateCw} onClick={() => engine.retryRow(row.id)} />}
        {["starting", "uploading", "paused", "select"].includes(row.state) ? (
          <IconButton label={`Cancel ${row.name}`} icon={X} onClick={() => engine.cancelRow(row.id)} />
        ) : (
          <IconButton label={`Dismiss ${row.name}`} icon={X} onClick={() => engine.dismiss(row.id)} />
        )}
        {row.state === "done" && <Check size={16} className="done-mark" style={{ order: -1, margin: 6 }} aria-hidden="true" />}
      </div>
    </li>
  );
}

function headline(rows) {
  const count = (...states) => rows.filter((row) => states.includes(row.state)).length;
  const uploading = count("starting", "uploading");
  if (uploading) return `Uploading ${formatCount(uploading, "file")}`;
  if (count("paused")) return `Paused ${formatCount(count("paused"), "file")}`;
  const waiting = rows.filter(isWaiting).length;
  if (waiting && waiting === count("processing")) return `Waiting for ${formatCount(waiting, "video")}`;
  if (count("processing")) return `Processing ${formatCount(count("processing"), "video")}`;
  if (count("select")) return "Unfinished uploads";
  if (count("elsewhere")) return "Uploading in another tab";
  if (count("done")) return "Uploads complete";
  return count("cancelled") ? "Cancelled" : "";
}

/** The headline, with what failed: a folded tray shows nothing else. */
function Headline({ rows }) {
  const failed = rows.filter((row) => row.state === "failed").length;
  return (
    <>
      {headline(rows)}
      {failed > 0 && <span className="tray-failed"><CircleAlert size={14} aria-hidden="true" />{formatCount(failed, "file")} failed</span>}
    </>
  );
}

function totalLine({ sent, size, speed }) {
  const timeLeft = speed ? formatTimeLeft((size - sent) / speed) : "";
  return join(`${formatSize(sent)} of ${formatSize(size)}`, timeLeft, formatPercent((100 * sent) / size));
}

function Tray({ rows, stages, pick }) {
  const { pathname } = useLocation();
  const folded = useSyncExternalStore(store.subscribe, store.getFolded);
  const [roomy] = useState(() => window.innerWidth > 720 && !pathname.startsWith("/videos/"));
  const open = folded === null ? roomy : !folded;
  const total = store.total();
  const busy = rows.some((row) => !store.isEnded(row));
  return (
    <section className="tray" data-open={open} aria-label="Uploads">
      <div className="tray-head">
        <div className="what">
          <Headline rows={rows} />
          {total && (rows.length > 1 || !open) && <small>{totalLine(total)}</small>}
        </div>
        <IconButton label={open ? "Collapse uploads" : "Expand uploads"} icon={open ? ChevronDown : ChevronUp} aria-expanded={open} onClick={() => store.fold(open)} />
        {!busy && <IconButton label="Close uploads" icon={X} onClick={engine.dismissFinished} />}
      </div>
      {total && (rows.length > 1 || !open) && (
        <div className="tray-total"><progress className="bar" max="100" value={(100 * total.sent) / total.size} aria-label="All uploads" /></div>
      )}
      {open && <ul className="tray-list">{rows.map((row) => <Row key={row.id} row={row} stages={stages} pick={pick} />)}</ul>}
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
    const handlers = { dragenter: enter, dragleave: leave, dragover: hover, drop };
    for (const [name, handler] of Object.entries(handlers)) window.addEventListener(name, handler);
    return () => Object.entries(handlers).forEach(([name, handler]) => window.removeEventListener(name, handler));
  }, []);
  return over;
}

/** Outside of the tray, which comes and goes: a screen reader reports only changes in a region that was there before. */
function Announcements() {
  const announcements = useSyncExternalStore(store.subscribe, store.getAnnouncements);
  return (
    <div className="hidden-visually" role="log" aria-label="Upload status" aria-live="polite">
      {announcements.map(({ key, text }) => <p key={key}>{text}</p>)}
    </div>
  );
}

/** Notice after a cancelled upload: until it is gone, nothing is lost. */
function Undo() {
  const rows = useSyncExternalStore(store.subscribe, store.getUndoable);
  if (!rows.length) return null;
  return (
    <div className="notice" role="status">
      <span>{rows.length === 1 ? `“${rows[0].name}”` : formatCount(rows.length, "upload")} cancelled</span>
      <button type="button" className="btn btn-small btn-bare" onClick={engine.undoCancel}>Undo</button>
      <button type="button" className="btn btn-small btn-bare" onClick={() => engine.endUndos()}>Dismiss</button>
    </div>
  );
}

export function Uploader({ owner, stages }) {
  const rows = useSyncExternalStore(store.subscribe, store.getRows);
  const over = useWindowDrop();
  const picker = useRef(null);
  useEffect(() => engine.setOwner(owner), [owner]);
  useEffect(() => {
    const open = (event) => event.target.closest?.("[data-pick-files]") && pick(null);
    document.addEventListener("click", open);
    return () => document.removeEventListener("click", open);
  }, []);
  const selectedFor = useRef(null); // id of the row that a file is selected for
  const pick = (id) => ((selectedFor.current = id), picker.current?.click());
  const picked = (event) => {
    const [files, id] = [[...event.target.files], selectedFor.current];
    selectedFor.current = null;
    event.target.value = "";
    if (id && files.length === 1) engine.selectAgain(id, files[0]);
    else engine.add(files);
  };
  return (
    <>
      <input ref={picker} type="file" multiple hidden id="file-picker" aria-label="Files to upload" onChange={picked} />
      {over && (
        <div className="dropzone" aria-hidden="true">
          <div><CloudUpload size={40} strokeWidth={1.5} />Drop to upload<small>One or more videos, of any length</small></div>
        </div>
      )}
      <Announcements />
      <Undo />
      {rows.length > 0 && <Tray rows={rows} stages={stages} pick={pick} />}
    </>
  );
}
