// Keeps the sign-in alive and lets all tabs of a browser end together.
//
// A refresh token is good once; a second use ends the session. So tabs take turns, and whoever gets the turn late
// finds in localStorage that another tab has done it. On plain http, unless it is localhost, browsers have no locks,
// and where they have them a lock ends with its page while the answer is still on its way. So whoever renews also has
// a lease in localStorage, which ends by itself if the page does.
import { useEffect } from "react";

const RENEW_AT = "mediaproc.renew_at";
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("mediaproc.session");

const LEASE = "mediaproc.refresh_lease";
const LEASE_MS = 15000;
const LEFT_MS = 2000; // how long the answer to a page that was left may take
const SETTLE_MS = 120; // until what one tab writes is seen by all

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function locked(work) {
  const inTurn = () => leased(work);
  return navigator.locks ? navigator.locks.request("mediaproc.refresh", inTurn) : inTurn();
}

const keep = (id, ms) => localStorage.setItem(LEASE, `${id} ${Date.now() + ms}`);

const holder = () => {
  const [id, until] = (localStorage.getItem(LEASE) || "").split(" ");
  return Number(until) > Date.now() ? id : null;
};

/** Of tabs that write at the same moment all see who was the last, and that one has the lease. */
async function take(id) {
  do {
    while (holder()) await pause(SETTLE_MS * (0.5 + Math.random()));
    keep(id, LEASE_MS);
    if (!navigator.locks) await pause(SETTLE_MS);
  } while (holder() !== id);
}

async function leased(work) {
  const id = Math.random().toString(36).slice(2);
  const left = () => keep(id, LEFT_MS);
  await take(id);
  window.addEventListener("pagehide", left);
  try {
    return await work();
  } finally {
    window.removeEventListener("pagehide", left);
    if (holder() === id) localStorage.removeItem(LEASE);
  }
}

const due = () => Date.now() >= Number(localStorage.getItem(RENEW_AT) || 0);

/** Renew the cookies if it is time: "good", "ended" or "offline". */
async function renew({ force = false } = {}) {
  const seen = localStorage.getItem(RENEW_AT);
  return locked(async () => {
    const another = localStorage.getItem(RENEW_AT) !== seen;
    if (!due() && (!force || another)) return "good";
    let answer;
    try {
      // A page that is left meanwhile must still get the new cookies: the old token is used up.
      answer = await fetch("/api/v1/auth/refresh", { method: "POST", credentials: "same-origin", keepalive: true });
    } catch {
      return "offline";
    }
    if (answer.status === 401 || answer.status === 403) return "ended";
    if (!answer.ok) return "offline";
    const { expires_in } = await answer.json();
    localStorage.setItem(RENEW_AT, String(Date.now() + expires_in * 700));
    return "good";
  });
}

const here = () => window.location.pathname + window.location.search;
const signIn = (next) => window.location.replace(`/sign-in?next=${encodeURIComponent(next)}`);

/** Where `?next=` leads, if it is a page of ours as the browser reads it: it passes over a tab between two slashes. */
function next() {
  try {
    const wanted = new URL(new URLSearchParams(window.location.search).get("next") || "/", window.location.origin);
    const local = wanted.pathname + wanted.search + wanted.hash;
    return wanted.origin === window.location.origin && !local.startsWith("//") ? local : "/";
  } catch {
    return "/";
  }
}

async function whileSignedIn() {
  if ((due() ? await renew() : "good") === "ended") signIn(here());
}

async function isOver() {
  const answer = await fetch("/api/v1/auth/me", { credentials: "same-origin" }).catch(() => null);
  if (answer?.status === 401) signIn(here());
}

function keepAlive() {
  const look = () => document.visibilityState === "visible" && whileSignedIn();
  const timer = setInterval(whileSignedIn, 20000);
  const heard = () => isOver();
  whileSignedIn();
  document.addEventListener("visibilitychange", look);
  channel?.addEventListener("message", heard);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    channel?.removeEventListener("message", heard);
  };
}

function atTheDoor() {
  localStorage.removeItem(RENEW_AT);
  channel?.postMessage("ended");
}

async function renewAndReturn() {
  for (;;) {
    const result = await renew({ force: true });
    if (result === "good") return window.location.replace(next());
    if (result === "ended") return signIn(next());
    await new Promise((done) => setTimeout(done, 2000));
  }
}

const MODES = { inside: keepAlive, door: atTheDoor, renew: renewAndReturn };

export function SessionKeeper({ mode }) {
  useEffect(() => {
    const stop = MODES[mode]();
    return typeof stop === "function" ? stop : undefined;
  }, [mode]);
  return null;
}
