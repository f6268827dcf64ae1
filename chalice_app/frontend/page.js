// What every page is made with: its address and what that remembers, its title, icons, and what to show while
// waiting, when empty, when something failed.

import { html, useCallback, useEffect, useRef, useState } from "./vendor/preact.js";

// ---- the address, and what each entry of the history remembers: its scroll position and its lists ----

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

// ---- pieces ---------------------------------------------------------------------------------------

const ICONS = {
  sun: "M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 2v2.6M12 19.4V22M2 12h2.6M19.4 12H22M4.9 4.9l1.9 1.9M17.2 17.2l1.9 1.9M19.1 4.9l-1.9 1.9M6.8 17.2l-1.9 1.9",
  moon: "M20 14.6A8.5 8.5 0 0 1 9.4 4a8.5 8.5 0 1 0 10.6 10.6z",
  home: "M4 11l8-7 8 7v9h-5.5v-6h-5v6H4z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21",
  rate: "M12 3.2l2.7 5.7 6.2.8-4.6 4.3 1.2 6.2L12 17.2l-5.5 3 1.2-6.2L3.1 9.7l6.2-.8z",
  bookmark: "M6.5 3.5h11v17l-5.5-4.3-5.5 4.3z",
  list: "M8.5 6H20M8.5 12H20M8.5 18H20M4 6h.01M4 12h.01M4 18h.01",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5c.6-4 3.7-6 7.5-6s6.9 2 7.5 6",
  close: "M6 6l12 12M18 6L6 18",
  aside: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM6 6l12 12",
  check: "M5 12.5l4.5 4.5L19 7.5",
  left: "M14.5 5l-7 7 7 7",
  right: "M9.5 5l7 7-7 7",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  eyeOff: "M4 4l16 16M9.9 5.8A9.6 9.6 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-2.9 3.7M6.3 7.3A15.6 15.6 0 0 0 2.5 12S6 18.5 12 18.5a9.3 9.3 0 0 0 4-.9",
  out: "M14 4h5.5v16H14M10 8l-4 4 4 4M6 12h9",
  filter: "M4 6h16M7 12h10M10 18h4",
  offline: "M3 3l18 18M5 12.5a10 10 0 0 1 4-2.4M2 8.8A15 15 0 0 1 6 6.2M10.5 5A15 15 0 0 1 22 8.8M15 10.5a10 10 0 0 1 4 2M8.5 16a5 5 0 0 1 5.6-1M12 19.5h.01",
};

export const Icon = ({ name, filled = false }) => html`<svg class=${`icon ${filled ? "filled" : ""}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
  <path d=${ICONS[name]} /></svg>`;

/** Stars as text, for reasons and lists: 3.5 is “★★★½”. */
export const starText = (stars) => "★".repeat(Math.floor(stars)) + (stars % 1 ? "½" : "");
/** The same as words. */
export const starsAloud = (stars) => `${stars} ${stars === 1 ? "star" : "stars"}`;

export const countOf = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export function useTitle(title) {
  useEffect(() => {
    document.title = title ? `${title} · Matinee` : "Matinee: see what to watch next";
  }, [title]);
}

/** Load something, again whenever `keys` change. Answers `{ data, error, loading, retry }`. */
export function useLoaded(load, keys) {
  const [state, setState] = useState({ loading: true });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ data: before.keys === keys.join() ? before.data : undefined, loading: true, keys: keys.join() }));
    load(stop.signal).then(
      (data) => stop.signal.aborted || setState({ data, loading: false, keys: keys.join() }),
      (error) => stop.signal.aborted || setState({ error, loading: false, keys: keys.join() }),
    );
    return () => stop.abort();
  }, [...keys, attempt]);
  const stale = state.keys !== keys.join();
  return { ...(stale ? { loading: true } : state), retry: useCallback(() => setAttempt((count) => count + 1), []) };
}

/** What `useLoaded` answers, with the former data in place of none while newer are on their way. */
export function useKept(loaded) {
  const kept = useRef(undefined);
  kept.current = loaded.data ?? kept.current;
  return { ...loaded, data: loaded.error ? undefined : kept.current };
}

/** True once the element given `ref` has come near the window. */
export function useNearby(margin = "0px") {
  const ref = useRef(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (near || !ref.current) return undefined;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && setNear(true), { rootMargin: margin });
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, [near]);
  return [ref, near];
}

/** What went wrong and a way on; tries again by itself once the connection is back. */
export function Failure({ error, retry }) {
  const { offline } = error;
  useEffect(() => {
    if (!offline || !retry) return undefined;
    window.addEventListener("online", retry);
    return () => window.removeEventListener("online", retry);
  }, [offline, retry]);
  return html`<div class="note" role="alert">
    <span class="note-icon"><${Icon} name=${offline ? "offline" : "aside"} /></span>
    <h2>${offline ? "No connection" : "That did not work"}</h2>
    <p>${error.message}</p>
    ${retry && html`<button type="button" class="button" onClick=${retry}>Try again</button>`}
  </div>`;
}

/** A part of a page whose code comes when it is needed. */
export function Later({ load, waiting = null, ...rest }) {
  const { data: View, error, retry } = useLoaded(() => load().catch(() => {
    throw new Error("This page could not be loaded. Try again.");
  }), []);
  if (error) return html`<div class="wrap"><${Failure} error=${error} retry=${retry} /></div>`;
  return View ? html`<${View} ...${rest} />` : waiting;
}

const loadStrip = () => import("./components/strip.js").then(({ Strip }) => Strip);

/** What we would suggest so far, for whoever has rated a film. */
export const SuggestionStrip = (props) => html`<${Later} load=${loadStrip} ...${props} />`;

/** An empty place that says what belongs there. */
export const Nothing = ({ icon = "search", title, children }) => html`<div class="note">
  <span class="note-icon"><${Icon} name=${icon} /></span>
  <h2>${title}</h2>
  ${children}
</div>`;

/** A search field that shows films and people as one types; what that takes is loaded with the first focus. */
export function FinderInput(attributes) {
  const onFocus = ({ currentTarget: input }) => import("./components/finder.js").then(({ attach }) => attach(input), () => {});
  return html`<input type="text" role="combobox" aria-label="Search films and people" aria-autocomplete="list" aria-expanded="false" aria-controls="finder"
      autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="search" ...${attributes} onFocus=${onFocus} /><div class="finder"></div>`;
}

const MY_PAGES = [["/my/ratings", "Ratings"], ["/my/statistics", "Statistics"], ["/my/data", "Import, export"]];

/** The ways to look at what one has rated, side by side. */
export const MyPages = ({ here }) => html`<nav class="switch" aria-label="Your ratings">
  ${MY_PAGES.map(([href, name]) => html`<a key=${href} href=${href} aria-current=${href === here ? "page" : null}>${name}</a>`)}</nav>`;
