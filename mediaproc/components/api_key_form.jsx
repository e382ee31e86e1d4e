// Form that creates an API key. The key goes from the API to this tab only, not through the page's state, which is
// stored on the server and sent again on a reload.
import { useEffect, useRef, useState } from "react";

const DAY_MS = 24 * 3600 * 1000;

function requestOf(form) {
  const days = Number(form.get("lifetime"));
  return {
    name: form.get("name"),
    scopes: form.getAll("scope"),
    expires_at: days ? new Date(Date.now() + days * DAY_MS).toISOString() : null,
  };
}

async function create(body) {
  const answer = await fetch("/api/v1/api-keys", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => null);
  const data = await answer?.json().catch(() => null);
  return answer?.ok ? { key: data.key } : { error: data?.detail || "Could not create the API key. Please try again." };
}

/** Browsers offer no clipboard without HTTPS; then the text is selected, to be copied by hand. */
function copy(text, element) {
  if (navigator.clipboard) navigator.clipboard.writeText(text);
  else window.getSelection().selectAllChildren(element);
}

/** A secret that is shown once, brought into view, with a button that copies it; nothing while `text` is empty. */
export function Secret({ text, label, onDone, children }) {
  const shown = useRef(null);
  useEffect(() => {
    if (!text) return;
    shown.current.scrollIntoView({ block: "center" });
    shown.current.focus({ preventScroll: true });
  }, [text]);
  return (
    <div role="status">
      {text && (
        <div className="panel-body secret">
          <p>{children}</p>
          <div className="code"><pre ref={shown} tabIndex={0} aria-label={label} role="group">{text}</pre></div>
          <div className="secret-actions">
            <button type="button" className="btn btn-small" onClick={() => copy(text, shown.current)}>Copy</button>
            <button type="button" className="btn btn-small btn-bare" onClick={onDone}>Done</button>
          </div>
        </div>
      )}
    </div>
  );
}

export function ApiKeyForm({ children, onCreate }) {
  const [{ key, error }, show] = useState({});
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    const created = await create(requestOf(new FormData(form)));
    setBusy(false);
    show(created);
    if (!created.key) return;
    form.reset();
    onCreate?.();
  };
  return (
    <>
      <Secret text={key} label="New API key" onDone={() => show({})}>
        <b>Copy this key now.</b> It will not be shown again.
      </Secret>
      <form className="panel-body form" aria-label="New API key" onSubmit={submit}>
        {children}
        {error && <p className="form-error" role="alert">{error}</p>}
        <button type="submit" className="btn btn-main" disabled={busy}>Create API key</button>
      </form>
    </>
  );
}
