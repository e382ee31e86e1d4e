// Preset for new uploads, remembered in this browser for each user.
const STORED = "mediaproc.preset"; // + owner: name of the preset
const DEFAULT = "web";

const listeners = new Set();
let owner = "";
let offered = [{ name: DEFAULT, title: "Web", description: "" }];
let snapshot = { offered, chosen: DEFAULT };

export const subscribe = (listener) => (listeners.add(listener), () => listeners.delete(listener));
export const get = () => snapshot;

function publish() {
  const stored = owner ? localStorage.getItem(`${STORED}.${owner}`) : null;
  const chosen = offered.some((preset) => preset.name === stored) ? stored : DEFAULT;
  snapshot = { offered, chosen };
  listeners.forEach((listener) => listener());
}

/** Load the presets whenever a page opens: those of the team may have changed. */
export async function load(email) {
  owner = email;
  const answer = await fetch("/api/v1/presets", { credentials: "same-origin" }).catch(() => null);
  if (answer?.ok) offered = (await answer.json()).items;
  publish();
}

export function choose(name) {
  localStorage.setItem(`${STORED}.${owner}`, name);
  publish();
}
