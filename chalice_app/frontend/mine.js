// What is mine, wherever it is kept: with the account, or in this browser until there is one.

import * as api from "./api.js";
import { peek, triedBody, triedOut } from "./store.js";

const MOST_SKIPPED = 500; // as many as it lets one skip

const isIn = () => peek().session === "in";

/** Suggestions for whoever is here, as `{ items, … }`. */
export const loadSuggestions = (limit, signal) =>
  isIn() ? api.listSuggestions({ limit }, signal) : api.trySuggestions({ ...triedBody(), limit }, signal);

/** The same in rows, as `dials` wish for them. */
export const loadRows = (dials, signal) =>
  isIn() ? api.listSuggestionRows(dials, signal) : api.trySuggestionRows({ ...triedBody(), ...numbersIn(dials) }, signal);

const numbersIn = ({ adventure, ...rest }) => (adventure ? { ...rest, adventure: Number(adventure) } : rest);

/** How many stars we expect whoever is here to give a film, and between which; null where they rated nothing. */
export async function loadPrediction(id, signal) {
  if (isIn()) return api.getMyMovie(id, signal);
  return triedOut().ratings.size ? api.tryPrediction(id, triedBody(), signal) : null;
}

/** A film to rate next that is not among `skipped`. */
export function loadNextToRate(popular, skipped, signal) {
  if (isIn()) return api.nextToRate(popular, skipped, signal);
  const aside = [...triedOut().marks].filter(([, { value }]) => value === "not_interested").map(([id]) => id);
  return api.tryNextToRate(popular, [...new Set([...skipped, ...[...triedOut().ratings.keys()].reverse(), ...aside])].slice(0, MOST_SKIPPED), signal);
}

const BY = {
  newest: (one, other) => other.at - one.at,
  oldest: (one, other) => one.at - other.at,
  highest: (one, other) => other.value - one.value || other.at - one.at,
  lowest: (one, other) => one.value - other.value || other.at - one.at,
  title: (one, other) => one.movie.title.localeCompare(other.movie.title),
  "film-newest": (one, other) => (other.movie.year ?? 0) - (one.movie.year ?? 0),
  "film-oldest": (one, other) => (one.movie.year ?? 9999) - (other.movie.year ?? 9999),
};
const triedPage = (name, order, keep = () => true) => [...triedOut()[name].values()].filter(keep).sort(BY[order] ?? BY.newest);

/** A page of my ratings, or of the ones tried out. */
export async function loadRatings(query, signal) {
  if (isIn()) return api.listRatings(query, signal);
  const words = (query.q ?? "").toLowerCase();
  const stars = (query.stars ?? "").split(",").filter(Boolean).map(Number);
  const all = triedPage("ratings", query.sort, ({ movie, value }) => (!stars.length || stars.includes(value)) && movie.title.toLowerCase().includes(words));
  const genres = new Map();
  for (const { movie } of triedPage("ratings")) for (const genre of movie.genres) genres.set(genre, (genres.get(genre) ?? 0) + 1);
  const items = all.filter(({ movie }) => !query.genre || movie.genres.includes(query.genre));
  return {
    items: items.map(({ movie, value, at }) => ({ movie, stars: value, rated_at: at })),
    next_cursor: null,
    total: items.length,
    genres: [...genres].sort().map(([name, count]) => ({ name, count })),
  };
}

/** A page of my marks of a kind, or of the ones tried out. */
export async function loadMarks(query, signal) {
  if (isIn()) return api.listMarks(query, signal);
  return { items: triedPage("marks", "newest", ({ value }) => value === query.kind).map(({ movie, value, at }) => ({ movie, kind: value, marked_at: at })), next_cursor: null };
}
