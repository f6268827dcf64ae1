// What the app knows: who is signed in, their stars and marks, and what to tell them.
// Changes show at once and are taken back, with a notice, if the server refuses them.

import * as api from "./api.js";
import { currentEntry, navigate } from "./router.js";
import { useEffect, useState } from "./vendor/preact.js";

const state = {
  session: api.mayBeSignedIn() ? "starting" : "out", // starting | in | out | unreachable
  account: null,
  ratings: new Map(), // movie id → stars
  marks: new Map(), // movie id → "watchlist" | "not_interested"
  tasteChanges: 0, // counts what the server has kept that changes what it suggests
  notices: [],
  online: navigator.onLine,
};
const listeners = new Set();
const knownMovies = new Map();
const PENDING = "matinee:pending";

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

async function enter(account) {
  const library = await api.getLibrary();
  const byId = (object) => new Map(Object.entries(object).map(([id, value]) => [Number(id), value]));
  changed({ session: "in", account, ratings: byId(library.ratings), marks: byId(library.marks), notices: [] });
  applyPending();
}

function forget() {
  changed({ session: "out", account: null, ratings: new Map(), marks: new Map() });
}

/** Take up the session that the refresh cookie stands for, if there is one. */
export async function resume() {
  if (!api.mayBeSignedIn()) return;
  changed({ session: "starting" });
  try {
    await enter(await api.renew());
  } catch {
    if (api.mayBeSignedIn()) changed({ session: "unreachable" });
    else forget();
  }
}

export async function signUp(form) {
  await enter(await api.signUp(form));
  api.askForConfirmation().catch(() => {}); // the account page offers to ask again
}
export const logIn = async (form) => enter(await api.logIn(form));

export async function logOut() {
  try {
    await api.logOut();
  } catch (error) {
    notify(`You are still logged in. ${error.message}`, { tone: "bad" });
    return;
  }
  forget();
  navigate("/");
  notify("You are logged out. See you soon.");
}

/** What has changed about the account itself. */
export const updateAccount = (part) => state.account && changed({ account: { ...state.account, ...part } });

/** Delete the account for good; throws what the server says against it. */
export async function leaveForGood(password) {
  await api.deleteAccount(password);
  forget();
  navigate("/");
  notify("Your account is deleted, with all that was in it.");
}

api.whenSessionEnds(() => {
  if (state.session !== "in") return;
  forget();
  notify("Your session has ended. Log in to go on.", { action: { label: "Log in", run: () => goToSignIn("/log-in") } });
});

/** To the log-in or sign-up page, and back to where we are afterwards. */
export function goToSignIn(page = "/sign-up") {
  const { path, query } = currentEntry();
  const here = path + (query.size ? `?${query}` : "");
  navigate(`${page}?next=${encodeURIComponent(here)}`);
}

function askToSignIn(wish) {
  sessionStorage.setItem(PENDING, JSON.stringify(wish));
  goToSignIn();
  notify("Sign up or log in, and we will keep that for you.");
}

function applyPending() {
  const wish = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  sessionStorage.removeItem(PENDING);
  if (!wish) return;
  if (wish.stars) rate(wish.movie, wish.stars);
  else mark(wish.movie, wish.kind);
  notify(wish.stars ? `Kept: ${wish.stars} stars for ${wish.movie.title}.` : `Kept: ${wish.movie.title}.`);
}

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

const keepRating = optimistic("ratings", api.putRating, api.deleteRating, () => true);
const keepMark = optimistic("marks", api.putMark, api.deleteMark, (...kinds) => kinds.includes("not_interested"));

/** Give a movie stars (0.5 to 5), or take them back with null. */
export function rate(movie, stars) {
  if (state.session === "in") return keepRating(movie, stars);
  askToSignIn({ movie, stars });
  return Promise.resolve(false);
}

/** Put a movie on the watchlist, set it aside ("not_interested"), or neither (null). */
export function mark(movie, kind) {
  if (state.session === "in") return keepMark(movie, kind);
  askToSignIn({ movie, kind });
  return Promise.resolve(false);
}

/** Set a movie aside and offer to take that back. */
export function setAside(movie) {
  const before = state.marks.get(movie.movie_id) ?? null;
  const kept = mark(movie, "not_interested");
  if (state.session === "in") {
    notify(`We will not suggest “${movie.title}” again.`, {
      action: { label: "Undo", run: () => mark(movie, before) },
    });
  }
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
});
window.addEventListener("offline", () => changed({ online: false }));
