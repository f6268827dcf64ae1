// What we would suggest so far: it stays in sight while one rates, and sharpens with each film.

import { get, learn, peek, send, triedBody, useStore } from "../store.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { Poster } from "./poster.js";

const LENGTH = 12;
const load = (signal) => (peek().session === "in" ? get("/me/suggestions", { limit: LENGTH }, signal) : send("POST", "/suggestions", { body: { ...triedBody(), limit: LENGTH }, signal }));
const REST_MS = 400; // between a rating and the next list

/** Nothing before the first rating. `onAll` is called to see all of it. */
export function Strip({ onAll }) {
  const count = useStore((state) => state.ratings.size);
  const changes = useStore((state) => state.tasteChanges);
  const [page, setPage] = useState(null); // { items, count }: `count` ratings led to it
  const [error, setError] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    const read = async () => {
      try {
        const { items } = await load(stop.signal);
        learn(items.map(({ movie }) => movie));
        setPage({ items, count: peek().ratings.size });
        setError(null);
      } catch (problem) {
        if (problem.name !== "AbortError") setError(problem);
      }
    };
    const wait = count ? setTimeout(read, page ? REST_MS : 0) : 0;
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [changes, count]);
  if (!count || !(page || error)) return null;
  const films = page?.count === 1 ? "one film" : `${page?.count} films`;
  return html`<section class="strip" aria-label="Suggestions so far" data-testid="strip">
    <div class="strip-head">
      <h2><span role="status">${page ? `For you, from ${films}` : "For you"}</span></h2>
      <button type="button" class="button small" onClick=${onAll}>Show my suggestions</button>
    </div>
    ${error && html`<p class="strip-failed" role="alert">${error.message}</p>`}
    ${page && html`<ol class="strip-films">${page.items.map(({ movie, predicted_stars: stars }) => html`<li key=${movie.movie_id} data-movie=${movie.movie_id}>
      <a href=${`/movie/${movie.movie_id}`} title=${movie.title} aria-label=${`${movie.title}${stars ? `, ${stars.toFixed(1)} for you` : ""}`}><${Poster} movie=${movie} />
        ${stars ? html`<span>★ ${stars.toFixed(1)}</span>` : null}</a></li>`)}</ol>`}
  </section>`;
}
