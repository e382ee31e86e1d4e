// Keyboard shortcuts of every page, and the dialog that lists them.
import { useEffect, useRef } from "react";

const KEYS = [
  ["Search", ["/"]],
  ["Upload files", ["u"]],
  ["Play or pause", ["Space", "k"]],
  ["Back or forward 10 seconds", ["j", "l"]],
  ["Back or forward 5 seconds", ["←", "→"]],
  ["Slower or faster", ["<", ">"]],
  ["Full screen", ["f"]],
  ["Picture in picture", ["i"]],
  ["Mute or unmute", ["m"]],
  ["Volume up or down, in the player", ["↑", "↓"]],
  ["Subtitles on or off", ["c"]],
  ["Clear selection", ["Esc"]],
  ["Show shortcuts", ["?"]],
];

const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

function clearSelection() {
  const open = document.querySelector("dialog[open], [role=alertdialog], [role=menu]"); // Escape closes that first
  if (!open) document.querySelector("[data-clear-selection]")?.click();
}

export function Shortcuts() {
  const dialog = useRef(null);
  useEffect(() => {
    const actions = {
      "/": () => document.getElementById("search")?.focus(),
      u: () => document.getElementById("file-picker")?.click(),
      "?": () => dialog.current?.showModal(),
    };
    const press = (event) => {
      if (event.key === "Escape" && !typing(event.target)) clearSelection();
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
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
