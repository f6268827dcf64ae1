// What we would suggest so far: a row that appears with the first rating and sharpens with each one.

import { loadSuggestions } from "../mine.js";
import { learn, useStore } from "../store.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { MovieRow } from "./movie-card.js";

const LENGTH = 18;
const REST_MS = 500; // after a rating: time to see what was given

export function SuggestionStrip({ more = null }) {
  const count = useStore((state) => state.ratings.size);
  const changes = useStore((state) => state.tasteChanges);
  const [page, setPage] = useState(null);
  const [error, setError] = useState(null);
  const shown = useRef(false);
  useEffect(() => {
    if (!count) {
      shown.current = false;
      setPage(null);
      return undefined;
    }
    const stop = new AbortController();
    const wait = setTimeout(async () => {
      try {
        const found = await loadSuggestions({ limit: LENGTH }, stop.signal);
        learn(found.items.map(({ movie }) => movie));
        shown.current = true;
        setPage(found);
        setError(null);
      } catch (problem) {
        if (problem.name !== "AbortError") setError(problem);
      }
    }, shown.current ? REST_MS : 0);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [changes, count]);
  if (!count) return null;
  const films = count === 1 ? "one film" : `${count} films`;
  return html`<div class="strip" data-testid="strip">
    <p class="hidden" role="status">${page ? `Suggestions from ${films}: ${page.items.slice(0, 3).map(({ movie }) => movie.title).join(", ")} and more.` : ""}</p>
    ${error && html`<p class="strip-failed" role="alert">The suggestions could not be renewed. ${error.message}</p>`}
    <${MovieRow} id="strip" title=${`For you, from ${films}`} more=${more} movies=${page?.items.map(({ movie }) => movie)}
      suggestions=${page && new Map(page.items.map((one) => [one.movie.movie_id, one]))} />
  </div>`;
}
