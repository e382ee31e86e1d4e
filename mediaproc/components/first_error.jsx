// First error: brings the first field that a form was refused for into view and focuses it.
import { useEffect, useRef } from "react";

export function FirstError({ refusals }) {
  const note = useRef(null);
  useEffect(() => {
    if (!refusals) return;
    const form = note.current.closest("form");
    const field = form.querySelector('[aria-invalid="true"]') ?? form.querySelector(".form-error");
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  }, [refusals]);
  return <p ref={note} className="form-note" hidden={!refusals}>Not saved. Correct the fields that are marked.</p>;
}
