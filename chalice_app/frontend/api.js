// Talking to the API: the access token lives in memory only and is renewed silently.

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

/** No answer came at all. */
export class Unreachable extends Error {
  constructor() {
    super("We cannot reach the server. Check your connection and try again.");
  }
}

export const config = fetch("/config.json").then((answer) => answer.json());

let token = null;
let renewAt = 0;
let renewing = null;
let onEnded = () => {};

const KEPT_MS = 360_000; // the longest that the browser may answer from a copy, stale-while-revalidate included
let recheckUntil = 0;

/** Be told when the session ends without having been asked to (it expired, or another tab logged out). */
export const whenSessionEnds = (listener) => {
  onEnded = listener;
};

export const mayBeSignedIn = () => localStorage.getItem(HINT) !== null;

async function send(method, path, { body, file, asText, signal, bearer } = {}) {
  const { apiBase } = await config;
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (file) headers["Content-Type"] = "application/octet-stream";
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  let answer;
  let payload;
  try {
    const cache = Date.now() < recheckUntil ? "no-cache" : "default";
    answer = await fetch(apiBase + path, { method, headers, signal, cache, body: file ?? (body && JSON.stringify(body)) });
    payload = answer.status === 204 ? null : await answer.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
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
  return session.account;
}

function end() {
  token = null;
  localStorage.removeItem(HINT);
}

/** Trade the refresh cookie for a new access token; answers the account.
 *
 * Calls share one request, and tabs take turns: a refresh token is good for one use only.
 */
export function renew() {
  const trade = async () => begin(await send("POST", "/auth/refresh"));
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

async function request(method, path, options = {}) {
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
    if (!mayBeSignedIn()) onEnded();
    throw error;
  }
}

const withQuery = (path, query) => {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
};

const get = (path, query, signal) => request("GET", withQuery(path, query), { signal });

export const signUp = async (form) => begin(await send("POST", "/auth/sign-up", { body: form }));
export const logIn = async (form) => begin(await send("POST", "/auth/log-in", { body: form }));
export const logOut = async () => {
  await send("POST", "/auth/log-out");
  end();
};

export const getAccount = (signal) => get("/me/account", null, signal);
export const putName = (name) => request("PUT", "/me/name", { body: { name } });
export const putEmail = (form) => request("PUT", "/me/email", { body: form });
export const keepEmail = () => request("DELETE", "/me/pending-email");
export const putPassword = (form) => request("PUT", "/me/password", { body: form });
export const askForConfirmation = () => request("POST", "/me/confirmation");
export const endSession = (id) => request("DELETE", `/me/sessions/${id}`);
export const endOtherSessions = () => request("DELETE", "/me/sessions");
export const deleteAccount = async (password) => {
  await request("POST", "/me/deletion", { body: { password } });
  end();
};
export const askForReset = (email) => send("POST", "/auth/forgot", { body: { email } });
export const resetPassword = (form) => send("POST", "/auth/reset", { body: form });
export const confirmEmail = (key) => send("POST", "/auth/confirm", { body: { token: key } });

export const listMovies = (query, signal) => get("/movies", query, signal);
export const getDescription = (signal) => get("/openapi.json", null, signal);
export const listGenres = () => get("/genres");
export const getMovie = (id, signal) => get(`/movies/${id}`, null, signal);
export const listSimilar = (id, signal) => get(`/movies/${id}/similar`, { limit: 18 }, signal);
export const getLibrary = () => get("/me/library");
export const getMyMovie = (id, signal) => get(`/me/movies/${id}`, null, signal);
export const getWhy = (id, signal) => get(`/me/movies/${id}/why`, null, signal);
export const listRatings = (query, signal) => get("/me/ratings", query, signal);
export const getStatistics = (signal) => get("/me/statistics", null, signal);
export const importFile = (file, name, dryRun) => request("POST", withQuery("/me/imports", { name: name.slice(-200), dry_run: dryRun }), { file });
export const exportData = (format) => request("GET", withQuery("/me/export", { format }), { asText: true });
export const listMarks = (query, signal) => get("/me/marks", query, signal);
export const listSuggestions = (query, signal) => get("/me/suggestions", query, signal);
export const listSuggestionRows = (query, signal) => get("/me/suggestions/rows", query, signal);
export const nextToRate = (popular, skip, signal) =>
  get("/me/next-to-rate", { popular, skip: skip.join(",") }, signal);
export const listToBeginWith = (signal) => get("/movies/to-begin-with", null, signal);
export const listTrending = (signal) => get("/movies/trending", { limit: 18 }, signal);
export const find = (q, signal) => get("/search", { q }, signal);
export const keepLibrary = (body) => request("POST", "/me/library", { body });
export const trySuggestionRows = (body, signal) => send("POST", "/suggestions/rows", { body, signal });
export const trySuggestions = (body, signal) => send("POST", "/suggestions", { body, signal });
export const tryPrediction = (id, body, signal) => send("POST", `/movies/${id}/predicted-stars`, { body, signal });
export const tryNextToRate = (popular, skip, signal) => get("/next-to-rate", { popular, skip: skip.join(",") }, signal);
export const putRating = (id, stars) => request("PUT", `/me/ratings/${id}`, { body: { stars } });
export const deleteRating = (id) => request("DELETE", `/me/ratings/${id}`);
export const putMark = (id, kind) => request("PUT", `/me/marks/${id}`, { body: { kind } });
export const deleteMark = (id) => request("DELETE", `/me/marks/${id}`);

export const getOps = (what, query, signal) => get(`/ops/${what}`, query, signal);
export const changeOps = (method, what, body) => request(method, `/ops/${what}`, { body });
export const getModelCard = (signal) => get("/model", null, signal);

window.addEventListener("storage", ({ key, newValue }) => {
  if (key !== HINT) return;
  if (newValue === null && token) {
    token = null;
    onEnded();
  } else if (newValue && !token) {
    location.reload(); // someone logged in in another tab
  }
});
