// The form that adds a webhook. Its secret goes from the API to this tab and nowhere else, as a new API key does.
import { useState } from "react";
import { ShownOnce } from "./api_key_form.jsx";

async function add(form) {
  const answer = await fetch("/api/v1/webhooks", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      url: form.get("url"),
      description: form.get("description"),
      events: form.getAll("event"),
    }),
  }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (answer?.ok) return { secret: said.secret };
  return { trouble: said?.errors?.[0]?.message || said?.detail || "The webhook could not be added. Please try again." };
}

export function WebhookForm({ children, onMade }) {
  const [{ secret, trouble }, show] = useState({});
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    const made = await add(new FormData(form));
    setBusy(false);
    show(made);
    if (!made.secret) return;
    form.reset();
    onMade?.();
  };
  return (
    <>
      <ShownOnce text={secret} label="The webhook's secret" onDone={() => show({})}>
        <b>Copy this secret now.</b> Your server verifies by it who is calling. It is not shown again.
      </ShownOnce>
      <form className="panel-body form" aria-label="New webhook" onSubmit={submit}>
        {children}
        {trouble && <p className="form-error" role="alert">{trouble}</p>}
        <button type="submit" className="btn btn-main" disabled={busy}>Add the webhook</button>
      </form>
    </>
  );
}
