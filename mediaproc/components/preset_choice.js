// Which preset new uploads are made with: chosen once, remembered in this browser for whoever is signed in.
const KEPT = "mediaproc.preset"; // + who: the preset's name
const USUAL = "web";

const listeners = new Set();
let owner = "";
let offered = [{ name: USUAL, title: "Web", description: "" }];
let snapshot = { offered, chosen: USUAL };

export const subscribe = (listener) => (listeners.add(listener), () => listeners.delete(listener));
export const get = () => snapshot;

function publish() {
  const wanted = owner ? localStorage.getItem(`${KEPT}.${owner}`) : null;
  const chosen = offered.some((preset) => preset.name === wanted) ? wanted : USUAL;
  snapshot = { offered, chosen };
  listeners.forEach((listener) => listener());
}

/** Ask again what there is whenever a page is opened: a team's own presets come and go. */
export async function load(who) {
  owner = who;
  const answer = await fetch("/api/v1/presets", { credentials: "same-origin" }).catch(() => null);
  if (answer?.ok) offered = (await answer.json()).items;
  publish();
}

export function choose(name) {
  localStorage.setItem(`${KEPT}.${owner}`, name);
  publish();
}
