// Home for someone signed in: a film for tonight and rows of suggestions, or a start where there is none yet.

import { listMovies, listSuggestionRows } from "../api.js";
import { Failure, Icon, Nothing, useLoaded, useTitle } from "../components/base.js";
import { AsideButton, GridSkeleton, MovieCard, MovieRow, Prediction, rateOrRemove, useStars, WatchlistButton } from "../components/movie-card.js";
import { Backdrop, Poster } from "../components/poster.js";
import { Stars } from "../components/stars.js";
import { addressOf, Dials, dialsOf, FILTERS, rememberedWish, rememberWish, REST_MS, Updated, useSuggestions } from "../components/suggesting.js";
import { recall } from "../router.js";
import { learn, useStore } from "../store.js";
import { html, useEffect, useState } from "../vendor/preact.js";

const ENOUGH = 5; // ratings after which suggestions say more than popularity does

function Pick({ suggestion, row }) {
  const { movie } = suggestion;
  const stars = useStars(movie);
  return html`<section class="pick" data-movie=${movie.movie_id} data-row=${row} aria-labelledby="pick-title">
    <${Backdrop} movie=${movie} />
    <a class="pick-poster" href=${`/movie/${movie.movie_id}`} tabindex="-1" aria-hidden="true"><${Poster} movie=${movie} eager /></a>
    <div class="pick-words">
      <p class="kicker">Tonight, for you</p>
      <h2 id="pick-title"><a href=${`/movie/${movie.movie_id}`}>${movie.title}</a></h2>
      <p class="facts">${[movie.year, movie.runtime && `${movie.runtime} min`, movie.genres.slice(0, 3).join(", ")].filter(Boolean).join(" · ")}</p>
      <${Prediction} stars=${suggestion.predicted_stars} from=${suggestion.likely_from} to=${suggestion.likely_to} because=${suggestion.because_of} />
      <div class="pick-acts">
        <${Stars} movie=${movie} value=${stars} onRate=${rateOrRemove(movie)} size="big" />
        <${WatchlistButton} movie=${movie} wide leaves /><${AsideButton} movie=${movie} wide />
      </div>
    </div>
  </section>`;
}

/** Where all that belongs in a row is listed, if it is more than the row shows. */
function allOf({ kind, subject }, wish) {
  const dials = dialsOf(wish);
  if (kind === "for-you") return addressOf(dials);
  if (kind === "genre") return addressOf({ ...dials, genre: subject });
  if (kind === "watchlist") return "/my/watchlist";
  return kind.endsWith("decade") ? addressOf({ ...dials, year_from: subject, year_to: Number(subject) + 9 }) : null;
}

function SuggestionRows() {
  useTitle("For you");
  const [wish, setWish] = useState(rememberedWish);
  const dials = dialsOf(wish);
  const { list, error, busy, refresh, box, onFocusOut } = useSuggestions(JSON.stringify(dials), async () => {
    const made = await listSuggestionRows(dials);
    return { ...made, rows: made.rows.map((row) => ({ ...row, key: `${row.kind} ${row.subject ?? ""}`.trim() })) };
  });
  const change = (fields) => {
    rememberWish({ ...wish, ...fields });
    setWish(rememberedWish());
  };
  if (!list) {
    return html`<div class="wrap"><h1 class="hidden" tabindex="-1">For you</h1>
      ${error ? html`<${Failure} error=${error} retry=${refresh} />`
        : html`<div aria-busy="true"><div class="pick skeleton"></div><${MovieRow} id="row-waiting" title="For you" movies=${null} /></div>`}</div>`;
  }
  const [first, ...others] = list.rows;
  const rows = first ? [{ ...first, items: first.items.slice(1) }, ...others].filter(({ items }) => items.length) : [];
  const filters = FILTERS.filter((name) => wish[name]).length;
  return html`<div class="wrap" ref=${box} onFocusOut=${onFocusOut}>
    <h1 class="hidden" tabindex="-1">For you</h1>
    ${error && html`<${Failure} error=${error} retry=${refresh} />`}
    ${first ? html`<${Pick} suggestion=${first.items[0]} row=${first.key} key=${first.items[0].movie.movie_id} />`
      : html`<${Nothing} icon="check" title="You have been through everything we would suggest">
      <p>Rate more films, or look around for something unexpected.</p><p class="note-actions"><a class="button" href="/rate">Rate films</a><a class="button quiet" href="/browse">Browse</a></p><//>`}
    <div class="section-head wish-head">
      <${Dials} wish=${wish} change=${change} />
      <div class="wish-end"><${Updated} list=${list} busy=${busy} />
        <a class="button quiet" href=${addressOf(wish)}><${Icon} name="filter" />See all and filter${filters ? html` <span class="badge">${filters}</span>` : null}</a></div>
    </div>
    <div data-testid="suggestions">
      ${rows.map((row) => html`<${MovieRow} key=${row.key} row=${row.key} id=${`row-${row.key.replaceAll(" ", "-")}`} title=${row.title} why=${row.why} more=${allOf(row, wish)}
        suggestions=${row.kind === "because" ? row.items.map((one) => ({ ...one, because_of: null })) : row.items} />`)}
    </div>
  </div>`;
}

function Beginning({ onReady }) {
  useTitle("Start with films you know");
  const count = useStore((state) => state.ratings.size);
  const account = useStore((state) => state.account);
  const { data, error, retry } = useLoaded(async (signal) => {
    const { items } = await listMovies({ sort: "popular", limit: 48 }, signal);
    learn(items);
    return items;
  }, []);
  return html`<div class="wrap">
    <section class="beginning">
      <div>
        <p class="kicker">Welcome, ${account?.name.split(" ")[0]}</p>
        <h1 tabindex="-1">Start with films you know</h1>
        <p>Give ${ENOUGH} films their stars, whatever you thought of them. Your suggestions follow at once.</p>
      </div>
      <div class="beginning-end">
        <p class="progress" role="status"><span class="progress-dots" aria-hidden="true">${Array.from({ length: ENOUGH }, (_, i) => html`<i key=${i} class=${i < count ? "on" : ""}></i>`)}</span>
          ${Math.min(count, ENOUGH)} of ${ENOUGH} films</p>
        ${count > 0 ? html`<button type="button" class="button" onClick=${onReady}>Show my suggestions</button>`
          : html`<a class="button quiet" href="/rate?mode=popular"><${Icon} name="rate" />Rate one by one</a>`}
      </div>
    </section>
    ${error ? html`<${Failure} error=${error} retry=${retry} />` : data ? html`<div class="grid">${data.map((movie) => html`<${MovieCard} key=${movie.movie_id} movie=${movie} />`)}</div>` : html`<${GridSkeleton} count=${18} />`}
  </div>`;
}

export default function ForYou() {
  const count = useStore((state) => state.ratings.size);
  const [beginning, setBeginning] = useState(count === 0);
  useEffect(() => {
    if (!beginning || count < ENOUGH) return undefined;
    const wait = setTimeout(() => setBeginning(false), REST_MS);
    return () => clearTimeout(wait);
  }, [count]);
  useEffect(() => {
    if (!beginning) window.scrollTo({ top: recall("scroll") ?? 0 });
  }, [beginning]);
  return beginning ? html`<${Beginning} onReady=${() => setBeginning(false)} />` : html`<${SuggestionRows} />`;
}
