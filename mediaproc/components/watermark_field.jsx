// Watermark field of the preset form: uploads the image as soon as it is selected, and submits its id.
import { useId, useState } from "react";

async function upload(file) {
  const answer = await fetch("/api/v1/images", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "image/png" },
    body: file,
  }).catch(() => null);
  const data = await answer?.json().catch(() => null);
  return answer?.ok ? { id: data.id } : { error: data?.detail || "Could not upload the image. Please try again." };
}

export function WatermarkField({ image }) {
  const [{ id, error }, show] = useState({ id: image });
  const [busy, setBusy] = useState(false);
  const field = useId();
  const choose = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    setBusy(true);
    const uploaded = await upload(file);
    setBusy(false);
    show(uploaded.id ? uploaded : { id, ...uploaded });
    event.target.value = "";
  };
  return (
    <>
      <label htmlFor={field}>Watermark, PNG (optional)</label>
      <div className="watermark">
        {id && <img src={`/api/v1/images/${id}`} alt="Watermark" />}
        <input id={field} type="file" accept="image/png" className="field" disabled={busy}
          onChange={choose} aria-invalid={Boolean(error)} aria-describedby={`${field}-error`} />
        {(id || error) && (
          <button type="button" className="btn btn-small" onClick={() => show({})}>{id ? "Remove" : "No watermark"}</button>
        )}
      </div>
      <input type="hidden" name="watermark" value={id || ""} />
      {(busy || error) && <input type="hidden" name="watermark_refused" value="true" />}
      {error && <p className="form-error" role="alert" id={`${field}-error`}>{error}</p>}
    </>
  );
}
