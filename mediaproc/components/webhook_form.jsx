// Form that adds a webhook. Its secret goes from the API to this tab only, like a new API key.
import { useState } from "react";
import { Secret } from "./api_key_form.jsx";

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
  const data = await answer?.json().catch(() => null);
  if (answer?.ok) return { secret: data.secret };
  return { error: data?.errors?.[0]?.message || data?.detail || "Could not add the webhook. Please try again." };
}

export function WebhookForm({ children, onCreate }) {
  const [{ secret, error }, show] = useState({});
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    const added = await add(new FormData(form));
    setBusy(false);
    show(added);
    if (!added.secret) return;
    form.reset();
    onCreate?.();
  };
  return (
    <>
      <Secret text={secret} label="Webhook secret" onDone={() => show({})}>
        <b>Copy this secret now.</b> Use it to verify the signature of each request. It will not be shown again.
      </Secret>
      <form className="panel-body form" aria-label="New webhook" onSubmit={submit}>
        {children}
        {error && <p className="form-error" role="alert">{error}</p>}
        <button type="submit" className="btn btn-main" disabled={busy}>Add webhook</button>
      </form>
    </>
  );
}
