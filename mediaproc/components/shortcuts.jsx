// Keys that work on every page, and the list of them that `?` shows.
import { useEffect, useRef } from "react";

const KEYS = [
  ["Search", ["/"]],
  ["Upload files", ["u"]],
  ["Play or pause", ["Space", "k"]],
  ["Back or on by 10 seconds", ["j", "l"]],
  ["Back or on by 5 seconds", ["←", "→"]],
  ["Full screen", ["f"]],
  ["Sound off or on", ["m"]],
  ["Louder or quieter, in the player", ["↑", "↓"]],
  ["Subtitles off or on", ["c"]],
  ["Select none", ["Esc"]],
  ["This list", ["?"]],
];

const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

function selectNone() {
  const before = document.querySelector("dialog[open], [role=alertdialog], [role=menu]"); // Escape closes that first
  if (!before) document.querySelector("[data-select-none]")?.click();
}

export function Shortcuts() {
  const dialog = useRef(null);
  useEffect(() => {
    const acts = {
      "/": () => document.getElementById("search")?.focus(),
      u: () => document.getElementById("file-picker")?.click(),
      "?": () => dialog.current?.showModal(),
    };
    const press = (event) => {
      if (event.key === "Escape" && !typing(event.target)) selectNone();
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !acts[event.key]) return;
      event.preventDefault();
      acts[event.key]();
    };
    const click = (event) => event.target.closest?.("[data-show-keys]") && dialog.current?.showModal();
    document.addEventListener("keydown", press);
    document.addEventListener("click", click);
    return () => {
      document.removeEventListener("keydown", press);
      document.removeEventListener("click", click);
    };
  }, []);
  return (
    <dialog ref={dialog} className="sheet" aria-labelledby="keys-title" onClick={(event) => event.target === dialog.current && dialog.current.close()}>
      <form method="dialog">
        <h2 id="keys-title" className="mp-h1">Keyboard shortcuts</h2>
        <dl className="keys">
          {KEYS.map(([what, keys]) => (
            <div key={what} style={{ display: "contents" }}>
              <dt>{what}</dt>
              <dd>{keys.map((key) => <kbd key={key} className="key">{key}</kbd>)}</dd>
            </div>
          ))}
        </dl>
        <button className="btn" style={{ marginTop: 20, width: "100%" }}>Close</button>
      </form>
    </dialog>
  );
}
