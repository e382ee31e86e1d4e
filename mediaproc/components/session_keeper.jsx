// Session keeper: renews the browser's session, and signs out all its tabs together.
//
// A refresh token is valid once; a second use ends the session. So only one tab renews at a time, and a tab that waited
// finds in localStorage that another has renewed. Browsers offer locks only over HTTPS and on localhost, and a lock ends
// with its page even while the response is on its way. So the tab that renews also holds a lease in localStorage, which
// expires if the page is closed.
import { useEffect } from "react";

const RENEW_AT = "mediaproc.renew_at";
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("mediaproc.session");

const LEASE = "mediaproc.refresh_lease";
const LEASE_MS = 15000;
const LEFT_MS = 2000; // how long the response to a closed page may take
const SETTLE_MS = 120; // until all tabs see what one has written

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function locked(work) {
  const run = () => leased(work);
  return navigator.locks ? navigator.locks.request("mediaproc.refresh", run) : run();
}

const writeLease = (id, ms) => localStorage.setItem(LEASE, `${id} ${Date.now() + ms}`);

const holder = () => {
  const [id, until] = (localStorage.getItem(LEASE) || "").split(" ");
  return Number(until) > Date.now() ? id : null;
};

/** Of tabs that write at the same moment, the last one has the lease, and all of them see which that is. */
async function acquire(id) {
  do {
    while (holder()) await sleep(SETTLE_MS * (0.5 + Math.random()));
    writeLease(id, LEASE_MS);
    if (!navigator.locks) await sleep(SETTLE_MS);
  } while (holder() !== id);
}

async function leased(work) {
  const id = Math.random().toString(36).slice(2);
  const left = () => writeLease(id, LEFT_MS);
  await acquire(id);
  window.addEventListener("pagehide", left);
  try {
    return await work();
  } finally {
    window.removeEventListener("pagehide", left);
    if (holder() === id) localStorage.removeItem(LEASE);
  }
}

const due = () => Date.now() >= Number(localStorage.getItem(RENEW_AT) || 0);

/** Renew the cookies if they are due. Resolves to "valid", "ended" or "offline". */
async function renew({ force = false } = {}) {
  const seen = localStorage.getItem(RENEW_AT);
  return locked(async () => {
    const another = localStorage.getItem(RENEW_AT) !== seen;
    if (!due() && (!force || another)) return "valid";
    let answer;
    try {
      // keepalive: a page that is closed meanwhile must still receive the new cookies, since the old token is used up.
      answer = await fetch("/api/v1/auth/refresh", { method: "POST", credentials: "same-origin", keepalive: true });
    } catch {
      return "offline";
    }
    if (answer.status === 401 || answer.status === 403) return "ended";
    if (!answer.ok) return "offline";
    const { expires_in } = await answer.json();
    localStorage.setItem(RENEW_AT, String(Date.now() + expires_in * 700));
    return "valid";
  });
}

const here = () => window.location.pathname + window.location.search;
const signIn = (next) => window.location.replace(`/sign-in?next=${encodeURIComponent(next)}`);

const PUBLIC = /^\/(sign-in|register|renew)\/?$/;

/** Target of `?next=` if it is on this site, as the browser parses it: it ignores a tab between two slashes. The pages that
 * lead to a sign-in are no target, or it would never end. */
function next() {
  try {
    const wanted = new URL(new URLSearchParams(window.location.search).get("next") || "/", window.location.origin);
    const local = wanted.pathname + wanted.search + wanted.hash;
    const here = wanted.origin === window.location.origin && !local.startsWith("//");
    return here && !PUBLIC.test(wanted.pathname) ? local : "/";
  } catch {
    return "/";
  }
}

async function renewIfDue() {
  if ((due() ? await renew() : "valid") === "ended") signIn(here());
}

async function signInIfEnded() {
  const answer = await fetch("/api/v1/auth/me", { credentials: "same-origin" }).catch(() => null);
  if (answer?.status === 401) signIn(here());
}

function keepAlive() {
  const wake = () => document.visibilityState === "visible" && renewIfDue();
  const timer = setInterval(renewIfDue, 20000);
  const heard = () => signInIfEnded();
  renewIfDue();
  document.addEventListener("visibilitychange", wake);
  channel?.addEventListener("message", heard);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", wake);
    channel?.removeEventListener("message", heard);
  };
}

function signedOut() {
  localStorage.removeItem(RENEW_AT);
  channel?.postMessage("ended");
}

async function renewAndReturn() {
  for (;;) {
    const result = await renew({ force: true });
    if (result === "valid") return window.location.replace(next());
    if (result === "ended") return signIn(next());
    await new Promise((done) => setTimeout(done, 2000));
  }
}

const MODES = { "signed-in": keepAlive, "signed-out": signedOut, renew: renewAndReturn };

export function SessionKeeper({ mode }) {
  useEffect(() => {
    const stop = MODES[mode]();
    return typeof stop === "function" ? stop : undefined;
  }, [mode]);
  return null;
}
