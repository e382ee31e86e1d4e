// Confirmation dialog, on the browser's own <dialog>: it traps the focus, and Escape closes it.
import { useEffect, useId, useRef } from "react";

export function ConfirmDialog({ question, open, onOpenChange, children }) {
  const dialog = useRef(null);
  const id = useId();
  useEffect(() => {
    if (open && !dialog.current.open) dialog.current.showModal();
    if (!open) dialog.current.close();
  }, [open]);
  const [text, ...actions] = children;
  return (
    <dialog ref={dialog} role="alertdialog" className="sheet" aria-labelledby={`${id}-question`} aria-describedby={`${id}-text`}
      onClose={() => open && onOpenChange(false)}>
      {open && (
        <>
          <h2 id={`${id}-question`} className="mp-h1">{question}</h2>
          <div id={`${id}-text`} className="dialog-text">{text}</div>
          <div className="dialog-actions">
            <button type="button" className="btn" autoFocus onClick={() => dialog.current.close()}>Cancel</button>
            {actions}
          </div>
        </>
      )}
    </dialog>
  );
}
