// What the app knows: who is signed in, their stars and marks, and what to tell them; and how it asks the API.
// Changes show at once and are taken back, with a notice, if the server refuses them.

import { countOf, currentEntry, navigate } from "./page.js";
import { useEffect, useState } from "./vendor/preact.js";

// ---- asking the API: the access token lives in memory only and is renewed silently -----------------

const API = "/api";
const HINT = "matinee:signed-in"; // says that a refresh cookie is worth trying; holds no secret

/** The server said no: an `application/problem+json` answer. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || "Something went wrong on our side. Try again in a moment.");
    this.status = status;
    this.slug = (body.type ?? "").split("/").pop();
    this.fields = Object.fromEntries((body.errors ?? []).map(({ field, message }) => [field, message]));
    this.retryAfter = retryAfter;
  }
}

/** What is thrown where no answer came at all. */
const unreachable = () => Object.assign(new Error("We cannot reach the server. Check your connection and try again."), { offline: true });

let token = null;
let renewAt = 0;
let renewing = null;

const KEPT_MS = 360_000; // the longest that the browser may answer from a copy, stale-while-revalidate included
let recheckUntil = 0;

const mayBeSignedIn = () => localStorage.getItem(HINT) !== null;

/** Ask the API as nobody in particular; throws a `Problem`, or an error that is `offline`. */
export async function send(method, path, { body, file, asText, signal, bearer } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (file) headers["Content-Type"] = "application/octet-stream";
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  let answer;
  let payload;
  try {
    const cache = Date.now() < recheckUntil ? "no-cache" : "default";
    answer = await fetch(API + path, { method, headers, signal, cache, body: file ?? (body && JSON.stringify(body)) });
    payload = answer.status === 204 ? null : await answer.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  // A list that has changed must not be started again from the browser's copy of its former beginning.
  if (answer.status === 410) recheckUntil = Date.now() + KEPT_MS;
  if (answer.ok) return payload && !asText ? JSON.parse(payload) : payload || null;
  let problem = {};
  try {
    problem = JSON.parse(payload);
  } catch {
    // Not from our API: a proxy's page, for one. Its status says enough.
  }
  throw new Problem(answer.status, problem, Number(answer.headers.get("Retry-After")) || null);
}

function begin(session) {
  token = session.access_token;
  renewAt = Date.now() + (session.expires_in - 30) * 1000;
  localStorage.setItem(HINT, "1");
  return session;
}

function end() {
  token = null;
  localStorage.removeItem(HINT);
}

/** Trade the refresh cookie for a new access token; answers the session.
 *
 * Calls share one request, and tabs take turns: a refresh token is good for one use only.
 */
function renew(query) {
  const trade = async () => begin(await send("POST", withQuery("/auth/refresh", query)));
  renewing ??= (navigator.locks ? navigator.locks.request("matinee:renew", trade) : trade())
    .catch((error) => {
      if (error instanceof Problem && error.status < 500 && error.status !== 429) end();
      throw error;
    })
    .finally(() => {
      renewing = null;
    });
  return renewing;
}

/** The same as whoever is signed in. */
export async function request(method, path, options = {}) {
  if (token && Date.now() > renewAt) await renewOrEnd();
  try {
    return await send(method, path, { ...options, bearer: token });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401 || !token) throw error;
    await renewOrEnd();
    return send(method, path, { ...options, bearer: token });
  }
}

async function renewOrEnd() {
  try {
    await renew();
  } catch (error) {
    if (!mayBeSignedIn()) sessionEnded();
    throw error;
  }
}

/** An address with a query; what is null or "" is left out. */
export const withQuery = (path, query) => {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
};

export const get = (path, query, signal) => request("GET", withQuery(path, query), { signal });

// ---- what is known ----------------------------------------------------------------------------

// What was said without an account stays in this browser until one keeps it: movie id → { movie, value, at }.
const TRIED = "matinee:tried";
const MOST_TRIED = 300; // of each kind: as many as the server takes at once
let tried = readTried();

const state = {
  session: mayBeSignedIn() ? "starting" : "out", // starting | in | out | unreachable
  account: null,
  ratings: triedValues("ratings"), // movie id → stars
  marks: triedValues("marks"), // movie id → "watchlist" | "not_interested"
  tasteChanges: 0, // counts what has been kept that changes what is suggested
  notices: [],
  online: navigator.onLine,
};
const listeners = new Set();
const knownMovies = new Map();

function changed(part = {}) {
  Object.assign(state, part);
  for (const listener of listeners) listener();
}

/** Read from the store in a component; it renders again when what `select` answers changes. */
export function useStore(select) {
  const [, redraw] = useState(0);
  const value = select(state);
  useEffect(() => {
    let last = value;
    const listener = () => {
      const now = select(state);
      if (!Object.is(now, last)) {
        last = now;
        redraw((count) => count + 1);
      }
    };
    listeners.add(listener);
    listener();
    return () => listeners.delete(listener);
  });
  return value;
}

export const peek = () => state;

/** Keep the cards that lists have shown, so that a film's page has something to show at once. */
export const learn = (movies) => movies.forEach((movie) => knownMovies.set(movie.movie_id, movie));
export const known = (id) => knownMovies.get(id);

// ---- notices ----------------------------------------------------------------------------------

let noticeCount = 0;

/** Say something in passing. `action` is `{ label, run }`; `tone` is "plain" or "bad". */
export function notify(text, { action = null, tone = "plain" } = {}) {
  const id = ++noticeCount;
  changed({ notices: [...state.notices.filter((notice) => notice.text !== text).slice(-2), { id, text, action, tone }] });
}

export const dismiss = (id) => changed({ notices: state.notices.filter((notice) => notice.id !== id) });

// ---- session ----------------------------------------------------------------------------------

/** Read all stars and marks again, after the server has taken in many at once. */
export async function refreshLibrary() {
  const library = await get("/me/library");
  changed({ ratings: byId(library.ratings), marks: byId(library.marks), tasteChanges: state.tasteChanges + 1 });
}

const byId = (object) => new Map(Object.entries(object).map(([id, value]) => [Number(id), value]));

const anyTried = () => tried.ratings.size + tried.marks.size > 0;

async function enter({ account, library: read }) {
  const triedOut = anyTried();
  const library = triedOut ? await keepTried() : (read ?? (await get("/me/library")));
  const merged = (name) => new Map([...byId(library[name]), ...triedValues(name)]);
  changed({ session: "in", account, ratings: merged("ratings"), marks: merged("marks"), notices: [] });
  if (!triedOut) return;
  if (library.failed) return void notifyUnkept();
  const kept = [countOf(library.kept_ratings, "rating"), countOf(library.kept_marks, "film on your lists", "films on your lists")];
  notify(`Kept: ${kept.filter((part) => !part.startsWith("0 ")).join(" and ") || "nothing new, your account knew better"}.`);
}

function forget() {
  changed({ session: "out", account: null, ratings: triedValues("ratings"), marks: triedValues("marks") });
}

/** Take up the session that the refresh cookie stands for, if there is one. */
export async function resume() {
  if (!mayBeSignedIn()) return;
  changed({ session: "starting" });
  try {
    await enter(await renew({ library: !anyTried() }));
  } catch {
    if (mayBeSignedIn()) changed({ session: "unreachable" });
    else forget();
  }
}

export async function signUp(form) {
  await enter(begin(await send("POST", "/auth/sign-up", { body: form })));
  request("POST", "/me/confirmation").catch(() => {}); // the account page offers to ask again
}
export const logIn = async (form) => enter(begin(await send("POST", "/auth/log-in", { body: form })));

export async function logOut() {
  try {
    await send("POST", "/auth/log-out");
  } catch (error) {
    notify(`You are still logged in. ${error.message}`, { tone: "bad" });
    return;
  }
  end();
  forget();
  navigate("/");
  notify("You are logged out. See you soon.");
}

/** What has changed about the account itself. */
export const updateAccount = (part) => state.account && changed({ account: { ...state.account, ...part } });

/** Delete the account for good; throws what the server says against it. */
export async function leaveForGood(password) {
  await request("POST", "/me/deletion", { body: { password } });
  end();
  forget();
  navigate("/");
  notify("Your account is deleted, with all that was in it.");
}

/** It ended without having been asked to: it expired, or another tab logged out. */
function sessionEnded() {
  if (state.session !== "in") return;
  forget();
  notify("Your session has ended. Log in to go on.", { action: { label: "Log in", run: () => goToSignIn("/log-in") } });
}

/** To the log-in or sign-up page, and back to where we are afterwards. */
export function goToSignIn(page = "/sign-up") {
  const { path, query } = currentEntry();
  const here = path + (query.size ? `?${query}` : "");
  navigate(`${page}?next=${encodeURIComponent(here)}`);
}

// ---- tried out without an account ---------------------------------------------------------------

function readTried() {
  try {
    const { ratings, marks } = JSON.parse(localStorage.getItem(TRIED));
    return { ratings: new Map(ratings), marks: new Map(marks) };
  } catch {
    return { ratings: new Map(), marks: new Map() }; // none, or not what we wrote
  }
}

function saveTried() {
  if (tried.ratings.size + tried.marks.size) localStorage.setItem(TRIED, JSON.stringify({ ratings: [...tried.ratings], marks: [...tried.marks] }));
  else localStorage.removeItem(TRIED);
}

function triedValues(name) {
  return new Map([...tried[name]].map(([id, { value }]) => [id, value]));
}

/** What was tried out, { movie, value, at } each, newest last; `name` is "ratings" or "marks". */
export const triedOut = (name) => [...tried[name].values()];

/** The same as the API takes it. */
export const triedBody = () => ({
  ratings: triedOut("ratings").map(({ movie, value, at }) => ({ movie_id: movie.movie_id, stars: value, rated_at: at })),
  marks: triedOut("marks").map(({ movie, value, at }) => ({ movie_id: movie.movie_id, kind: value, marked_at: at })),
});

/** Say something without an account: at once, in this browser. */
function tryOut(name, movie, value) {
  const id = movie.movie_id;
  const before = tried[name].get(id)?.value ?? null;
  if (value === before) return Promise.resolve(true);
  tried[name].delete(id);
  if (value !== null && tried[name].size >= MOST_TRIED) {
    if (before !== null) tried[name].set(id, { movie, value: before, at: Date.now() });
    notify(`This browser keeps ${MOST_TRIED} films without an account. Sign up to go on.`, { action: { label: "Sign up", run: () => goToSignIn() } });
    return Promise.resolve(false);
  }
  if (value !== null) tried[name].set(id, { movie: cardOf(movie), value, at: Date.now() });
  try {
    saveTried();
  } catch {
    // The browser keeps nothing for us (a private window, a full disk): it holds for as long as the page lives.
  }
  const values = triedValues(name);
  changed({ [name]: values, tasteChanges: state.tasteChanges + 1 });
  return Promise.resolve(true);
}

const cardOf = ({ movie_id, title, year, genres, runtime, poster_url, rating_count, rating_mean }) =>
  ({ movie_id, title, year, genres, runtime, poster_url, rating_count, rating_mean });

/** Hand all of it to the account; what cannot be kept now stays here and is tried again. */
async function keepTried() {
  const sent = tried;
  try {
    const library = await request("POST", "/me/library", { body: triedBody() });
    for (const name of ["ratings", "marks"]) for (const [id, one] of sent[name]) if (tried[name].get(id) === one) tried[name].delete(id);
    saveTried();
    return library;
  } catch {
    return { ...(await get("/me/library")), failed: true };
  }
}

function notifyUnkept() {
  notify("What you rated before is safe in this browser, but could not be added to your account yet.", {
    tone: "bad", action: { label: "Try again", run: () => enter(state).catch(notifyUnkept) },
  });
}

window.addEventListener("storage", ({ key, newValue }) => {
  if (key === TRIED && state.session !== "in") {
    tried = readTried();
    changed({ ratings: triedValues("ratings"), marks: triedValues("marks"), tasteChanges: state.tasteChanges + 1 });
  }
  if (key !== HINT) return;
  if (newValue === null && token) {
    token = null;
    sessionEnded();
  } else if (newValue && !token) {
    location.reload(); // someone logged in in another tab
  }
});

// ---- ratings and marks ------------------------------------------------------------------------

/** Make the function that changes one value per movie, in `state[name]`, ahead of the server.
 *
 * While a request is under way newer wishes wait, and only the last of them is sent. The function
 * answers a promise: true once the server has kept it, false if it was taken back.
 * `changesTaste(before, after)` says whether suggestions may differ now.
 */
function optimistic(name, put, remove, changesTaste) {
  const settling = new Map();

  const show = (values, id, value) => {
    if (value === null) values.delete(id);
    else values.set(id, value);
    changed();
  };

  async function settle(movie, values, before) {
    const id = movie.movie_id;
    const wished = () => values.get(id) ?? null;
    let kept = before;
    try {
      while (wished() !== kept) {
        const next = wished();
        await (next === null ? remove(id) : put(id, next));
        kept = next;
      }
      if (changesTaste(before, kept)) changed({ tasteChanges: state.tasteChanges + 1 });
      return true;
    } catch (error) {
      const refused = wished();
      show(values, id, kept);
      if (values === state[name]) {
        notify(`“${movie.title}” was not saved. ${error.message}`, {
          tone: "bad",
          action: { label: "Try again", run: () => change(movie, refused) },
        });
      }
      return false;
    } finally {
      settling.delete(id);
    }
  }

  function change(movie, value) {
    const id = movie.movie_id;
    const values = state[name];
    const before = values.get(id) ?? null;
    if (before === value) return settling.get(id) ?? Promise.resolve(true);
    show(values, id, value);
    if (!settling.has(id)) settling.set(id, settle(movie, values, before));
    return settling.get(id);
  }
  return change;
}

const keepRating = optimistic("ratings", (id, stars) => request("PUT", `/me/ratings/${id}`, { body: { stars } }), (id) => request("DELETE", `/me/ratings/${id}`), () => true);
const keepMark = optimistic("marks", (id, kind) => request("PUT", `/me/marks/${id}`, { body: { kind } }), (id) => request("DELETE", `/me/marks/${id}`), () => true);

/** Give a movie stars (0.5 to 5), or take them back with null. */
export function rate(movie, stars) {
  return state.session === "in" ? keepRating(movie, stars) : tryOut("ratings", movie, stars);
}

/** Put a movie on the watchlist, set it aside ("not_interested"), or neither (null). */
export function mark(movie, kind) {
  return state.session === "in" ? keepMark(movie, kind) : tryOut("marks", movie, kind);
}

/** Set a movie aside and offer to take that back. */
export function setAside(movie) {
  const before = state.marks.get(movie.movie_id) ?? null;
  const kept = mark(movie, "not_interested");
  notify(`We will not suggest “${movie.title}” again.`, {
    action: { label: "Undo", run: () => mark(movie, before) },
  });
  return kept;
}

/** Put a movie on the watchlist or take it off, and offer to take that back. */
export function keepForLater(movie, kind) {
  const before = state.marks.get(movie.movie_id) ?? null;
  const kept = mark(movie, kind);
  notify(`“${movie.title}” is ${kind ? "on" : "off"} your watchlist.`, {
    action: { label: "Undo", run: () => mark(movie, before) },
  });
  return kept;
}

/** Remove a rating and offer to take that back. */
export function unrate(movie) {
  const before = state.ratings.get(movie.movie_id);
  const kept = rate(movie, null);
  notify(`Your rating of “${movie.title}” is removed.`, {
    action: { label: "Undo", run: () => rate(movie, before) },
  });
  return kept;
}

window.addEventListener("online", () => {
  changed({ online: true });
  if (state.session === "unreachable") resume();
  else if (state.session === "in" && tried.ratings.size + tried.marks.size) enter(state).catch(() => {});
});
window.addEventListener("offline", () => changed({ online: false }));
