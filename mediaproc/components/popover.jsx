// Popover: a button that opens a panel below it. The browser closes it on Escape and on a click elsewhere; so does a
// button inside it.
import { useId, useRef } from "react";

const GAP = 4;
const EDGE = 8;

/** Puts the panel below its button, or above it where there is more room, with their right edges in line. */
function place(panel, button) {
  const at = button.getBoundingClientRect();
  const below = innerHeight - at.bottom - GAP - EDGE;
  const above = at.top - GAP - EDGE;
  const up = panel.scrollHeight > below && above > below;
  panel.style.maxHeight = `${Math.min(520, up ? above : below)}px`;
  panel.style.right = `${Math.max(EDGE, document.documentElement.clientWidth - at.right)}px`;
  panel.style.top = up ? "auto" : `${at.bottom + GAP}px`;
  panel.style.bottom = up ? `${innerHeight - at.top + GAP}px` : "auto";
}

export function Popover({ label, title, kind, panelClass, onOpenChange, children }) {
  const id = useId();
  const panel = useRef(null);
  const button = useRef(null);
  const toggle = (event) => {
    if (event.newState === "open") place(panel.current, button.current);
    onOpenChange?.(event.newState === "open");
  };
  const [face, ...content] = children;
  return (
    <>
      <button type="button" ref={button} className={kind} popoverTarget={id} aria-label={label} title={title} aria-haspopup="dialog">
        {face}
      </button>
      <div popover="auto" ref={panel} id={id} className={panelClass} role="dialog" aria-label={label} onToggle={toggle}
        onClick={(event) => event.target.closest("button") && panel.current.hidePopover()}>
        {content}
      </div>
    </>
  );
}
