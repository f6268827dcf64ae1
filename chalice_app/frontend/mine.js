// What is mine, wherever it is kept: with the account, or in this browser until there is one.

import * as api from "./api.js";
import { peek, triedBody, triedOut } from "./store.js";

const MOST_SUGGESTIONS = 100; // as many as the server makes
const MOST_SKIPPED = 500; // as many as it lets one skip

const isIn = () => peek().session === "in";

/** Suggestions for whoever is here, as a page of `{ items, next_cursor, … }`. */
export async function loadSuggestions({ limit, cursor }, signal) {
  if (isIn()) return api.listSuggestions({ limit, cursor }, signal);
  const from = Number(cursor ?? 0);
  const wanted = Math.min(MOST_SUGGESTIONS, from + limit);
  const page = await api.trySuggestions({ ...triedBody(), limit: wanted }, signal);
  return { ...page, items: page.items.slice(from), next_cursor: page.items.length === wanted && wanted < MOST_SUGGESTIONS ? `${wanted}` : null };
}

/** How many stars we expect whoever is here to give a film; null where nothing can be said. */
export async function loadPrediction(id, signal) {
  if (isIn()) return (await api.getMyMovie(id, signal)).predicted_stars;
  return triedOut().ratings.size ? (await api.tryPrediction(id, triedBody(), signal)).predicted_stars : null;
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
};
const triedPage = (name, order, keep = () => true) => [...triedOut()[name].values()].filter(keep).sort(BY[order] ?? BY.newest);

/** A page of my ratings, or of the ones tried out. */
export async function loadRatings(query, signal) {
  if (isIn()) return api.listRatings(query, signal);
  return { items: triedPage("ratings", query.sort).map(({ movie, value, at }) => ({ movie, stars: value, rated_at: at })), next_cursor: null };
}

/** A page of my marks of a kind, or of the ones tried out. */
export async function loadMarks(query, signal) {
  if (isIn()) return api.listMarks(query, signal);
  return { items: triedPage("marks", "newest", ({ value }) => value === query.kind).map(({ movie, value, at }) => ({ movie, kind: value, marked_at: at })), next_cursor: null };
}
