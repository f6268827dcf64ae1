// The address bar, and what each entry of the history remembers: its scroll position and its lists.

import { useEffect, useState } from "./vendor/preact.js";

const newKey = () => Math.random().toString(36).slice(2);
const memory = new Map();
const listeners = new Set();
let entry = readEntry("load");
let morphing = null;

function readEntry(cause) {
  let { key } = history.state ?? {};
  if (!key) {
    key = newKey();
    history.replaceState({ key }, "");
  }
  return { path: location.pathname, query: new URLSearchParams(location.search), key, cause };
}

function publish(cause) {
  entry = readEntry(cause);
  for (const listener of listeners) listener(entry);
}

/** The entry now shown: `path`, `query`, `key`, and its `cause`: load, push, replace or pop. */
export const currentEntry = () => entry;

export function useEntry() {
  const [shown, show] = useState(entry);
  useEffect(() => {
    show(entry);
    listeners.add(show);
    return () => listeners.delete(show);
  }, []);
  return shown;
}

/** Go to an address of this app. With `replace` the present history entry is rewritten in place. */
export function navigate(address, { replace = false } = {}) {
  if (replace) {
    history.replaceState(history.state, "", address);
    publish("replace");
    return;
  }
  leave();
  history.pushState({ key: newKey() }, "", address);
  publish("push");
}

/** Keep something for as long as the page lives, for when this history entry is shown again. */
export const remember = (name, value) => memory.set(`${entry.key} ${name}`, value);
export const recall = (name) => memory.get(`${entry.key} ${name}`);

function leave() {
  memory.set(`${entry.key} scroll`, window.scrollY);
}

/** Scroll to where this entry was left, or to the top of a new one. */
export function settleScroll() {
  if (entry.cause === "replace") return;
  window.scrollTo({ top: (entry.cause === "pop" && recall("scroll")) || 0, behavior: "instant" });
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Let the poster that was pressed grow into the next page's poster, where the browser can. */
function navigateWithPoster(address, link) {
  const poster = link.querySelector(".poster");
  if (!poster || calm.matches || !document.startViewTransition) return navigate(address);
  morphing?.skipTransition();
  const left = document.querySelector(".film-poster .poster"); // two of one name would cancel the transition
  left?.style.setProperty("view-transition-name", "none");
  poster.style.viewTransitionName = "poster";
  morphing = document.startViewTransition(async () => {
    for (const one of [left, poster]) one?.style.removeProperty("view-transition-name");
    navigate(address);
    await new Promise((rendered) => setTimeout(rendered, 40));
  });
  morphing.finished.catch(() => {});
  morphing.ready.catch(() => {});
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  navigateWithPoster(link.pathname + link.search, link);
});

window.addEventListener("popstate", () => {
  // The browser has already swapped the entry: what it left is still known here.
  leave();
  publish("pop");
});
history.scrollRestoration = "manual";
