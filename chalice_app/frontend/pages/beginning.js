// The first minutes: well-known films that differ, to give stars to, and what follows from them.

import { GridSkeleton, MovieCard } from "../components/movie-card.js";
import { Failure, Icon, navigate, SuggestionStrip, useLoaded, useTitle } from "../page.js";
import { get, goToSignIn, learn, peek, useStore } from "../store.js";
import { html, useEffect, useState } from "../vendor/preact.js";

const ENOUGH = 5; // ratings after which suggestions say more than popularity does
const REST_MS = 900;

/** `onReady` is called when there is enough to go on, or when the person has had enough. */
export default function Beginning({ onReady = () => navigate("/") }) {
  useTitle("Start with films you know");
  const count = useStore((state) => state.ratings.size);
  const account = useStore((state) => state.account);
  const [before] = useState(() => peek().ratings.size);
  const { data, error, retry } = useLoaded(async (signal) => {
    const { items } = await get("/movies/to-begin-with", null, signal);
    learn(items);
    return items;
  }, []);
  useEffect(() => {
    if (before >= ENOUGH || count < ENOUGH) return undefined;
    const wait = setTimeout(onReady, REST_MS);
    return () => clearTimeout(wait);
  }, [count]);
  return html`<div class="wrap">
    <section class="beginning">
      <div>
        <p class="kicker">${account ? `Welcome, ${account.name.split(" ")[0]}` : "No account needed"}</p>
        <h1 tabindex="-1">Start with films you know</h1>
        <p>Give ${ENOUGH} films their stars, whatever you thought of them. Your suggestions follow at once.</p>
      </div>
      <div class="beginning-end">
        <p class="progress" role="status"><span class="progress-dots" aria-hidden="true">${Array.from({ length: ENOUGH }, (_, i) => html`<i key=${i} class=${i < count ? "on" : ""}></i>`)}</span>
          ${Math.min(count, ENOUGH)} of ${ENOUGH} films</p>
        <a class="button quiet" href="/rate?mode=popular"><${Icon} name="rate" />Rate one by one</a>
        ${account && count === 0 && html`<button type="button" class="text-button" onClick=${onReady}>Skip this</button>`}
        ${!account && count > 0 && html`<button type="button" class="text-button" onClick=${() => goToSignIn()}>Sign up to keep them</button>`}
      </div>
    </section>
    ${error ? html`<${Failure} error=${error} retry=${retry} />` : data ? html`<div class="grid">${data.map((movie) => html`<${MovieCard} key=${movie.movie_id} movie=${movie} />`)}</div>` : html`<${GridSkeleton} count=${18} />`}
    <p class="beginning-foot">None of these? <a href="/browse">Search for films you know</a></p>
    ${count > 0 && html`<${SuggestionStrip} onAll=${onReady} />`}
  </div>`;
}
