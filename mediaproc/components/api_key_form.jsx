// The form that makes an API key. The key goes from the API to this tab and nowhere else: not through the page's
// state, which is kept on the server and sent again at a reload.
import { useRef, useState } from "react";

const DAY_MS = 24 * 3600 * 1000;

function wanted(form) {
  const days = Number(form.get("life"));
  return {
    name: form.get("name"),
    scopes: form.getAll("scope"),
    expires_at: days ? new Date(Date.now() + days * DAY_MS).toISOString() : null,
  };
}

async function make(body) {
  const answer = await fetch("/api/v1/api-keys", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  return answer?.ok ? { key: said.key } : { trouble: said?.detail || "The key could not be made. Please try again." };
}

/** Without HTTPS a browser has no clipboard for pages: then the text is marked, to be copied by hand. */
function copy(text, element) {
  if (navigator.clipboard) navigator.clipboard.writeText(text);
  else window.getSelection().selectAllChildren(element);
}

/** What is shown this once, with a button that copies it; nothing while there is no `text`. */
export function ShownOnce({ text, label, onDone, children }) {
  const shown = useRef(null);
  return (
    <div role="status">
      {text && (
        <div className="panel-body new-key">
          <p>{children}</p>
          <div className="code"><pre ref={shown} tabIndex={0} aria-label={label} role="group">{text}</pre></div>
          <div className="new-key-acts">
            <button type="button" className="btn btn-small" onClick={() => copy(text, shown.current)}>Copy</button>
            <button type="button" className="btn btn-small btn-bare" onClick={onDone}>Done</button>
          </div>
        </div>
      )}
    </div>
  );
}

export function ApiKeyForm({ children, onMade }) {
  const [{ key, trouble }, show] = useState({});
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    const made = await make(wanted(new FormData(form)));
    setBusy(false);
    show(made);
    if (!made.key) return;
    form.reset();
    onMade?.();
  };
  return (
    <>
      <ShownOnce text={key} label="The new API key" onDone={() => show({})}>
        <b>Copy this key now.</b> It is not shown again.
      </ShownOnce>
      <form className="panel-body form" aria-label="New API key" onSubmit={submit}>
        {children}
        {trouble && <p className="form-error" role="alert">{trouble}</p>}
        <button type="submit" className="btn btn-main" disabled={busy}>Make a key</button>
      </form>
    </>
  );
}
