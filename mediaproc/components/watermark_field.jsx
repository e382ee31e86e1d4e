// The field of a preset's watermark: an image goes to the API as soon as it is chosen, and the form carries its id.
import { useId, useState } from "react";

async function keep(file) {
  const answer = await fetch("/api/v1/images", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "image/png" },
    body: file,
  }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  return answer?.ok ? { id: said.id } : { trouble: said?.detail || "The image could not be sent. Please try again." };
}

export function WatermarkField({ image }) {
  const [{ id, trouble }, show] = useState({ id: image });
  const [busy, setBusy] = useState(false);
  const field = useId();
  const choose = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    setBusy(true);
    const kept = await keep(file);
    setBusy(false);
    show(kept.id ? kept : { id, ...kept });
    event.target.value = "";
  };
  return (
    <>
      <label htmlFor={field}>Watermark, a PNG (if you like)</label>
      <div className="watermark">
        {id && <img src={`/api/v1/images/${id}`} alt="The watermark" />}
        <input id={field} type="file" accept="image/png" className="field" disabled={busy}
          onChange={choose} aria-invalid={Boolean(trouble)} aria-describedby={`${field}-trouble`} />
        {id && <button type="button" className="btn btn-small" onClick={() => show({})}>Without</button>}
      </div>
      <input type="hidden" name="watermark" value={id || ""} />
      {trouble && <p className="form-error" role="alert" id={`${field}-trouble`}>{trouble}</p>}
    </>
  );
}
