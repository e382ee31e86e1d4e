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

/** Without HTTPS a browser has no clipboard for pages: then the key is marked, to be copied by hand. */
function copy(key, text) {
  if (navigator.clipboard) navigator.clipboard.writeText(key);
  else window.getSelection().selectAllChildren(text);
}

export function NewKey({ children, onMade }) {
  const [{ key, trouble }, show] = useState({});
  const [busy, setBusy] = useState(false);
  const text = useRef(null);
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
      <div role="status">
        {key && (
          <div className="panel-body new-key">
            <p><b>Copy this key now.</b> It is not shown again.</p>
            <div className="code"><pre ref={text} tabIndex={0} aria-label="The new API key" role="group">{key}</pre></div>
            <div className="new-key-acts">
              <button type="button" className="btn btn-small" onClick={() => copy(key, text.current)}>Copy</button>
              <button type="button" className="btn btn-small btn-bare" onClick={() => show({})}>Done</button>
            </div>
          </div>
        )}
      </div>
      <form className="panel-body form" aria-label="New API key" onSubmit={submit}>
        {children}
        {trouble && <p className="form-error" role="alert">{trouble}</p>}
        <button type="submit" className="btn btn-main" disabled={busy}>Make a key</button>
      </form>
    </>
  );
}
