// Keeps the sign-in alive and lets all tabs of a browser end together.
//
// A refresh token is good once; a second use ends the session. So tabs take turns under one lock, and whoever gets
// the lock late finds in localStorage that another tab has done it.
import { useEffect } from "react";

const RENEW_AT = "mediaproc.renew_at";
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("mediaproc.session");

function locked(work) {
  return navigator.locks ? navigator.locks.request("mediaproc.refresh", work) : work();
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
      answer = await fetch("/api/v1/auth/refresh", { method: "POST", credentials: "same-origin" });
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
