// Home for someone who has rated: a film for tonight, and rows of suggestions that follow every rating.

import { AsideButton, MovieRow, Prediction, rateOrRemove, Stars, useStars, WatchlistButton } from "../components/movie-card.js";
import { Backdrop, Poster } from "../components/poster.js";
import { addressOf, Dials, dialsOf, FILTERS, rememberedWish, rememberWish, Updated, useSuggestions } from "../components/suggesting.js";
import { countOf, Failure, Icon, Later, Nothing, recall, useTitle } from "../page.js";
import { get, goToSignIn, peek, send, triedBody, useStore } from "../store.js";
import { html, useEffect, useState } from "../vendor/preact.js";

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

function loadRows({ adventure, ...others }) {
  if (peek().session === "in") return get("/me/suggestions/rows", { adventure, ...others });
  return send("POST", "/suggestions/rows", { body: { ...triedBody(), ...others, ...(adventure && { adventure: Number(adventure) }) } });
}

/** Where all that belongs in a row is listed, if it is more than the row shows. */
function allOf({ kind, subject }, wish) {
  const dials = dialsOf(wish);
  if (kind === "for-you") return addressOf(dials);
  if (kind === "genre") return addressOf({ ...dials, genre: subject });
  if (kind === "watchlist") return "/my/watchlist";
  return kind.endsWith("decade") ? addressOf({ ...dials, year_from: subject, year_to: Number(subject) + 9 }) : null;
}

const loadBeginning = () => import("./beginning.js").then((page) => page.default);

/** Who has not rated yet begins with films they know. */
export default function ForYou() {
  const [beginning, begin] = useState(peek().ratings.size === 0);
  return beginning ? html`<${Later} load=${loadBeginning} waiting=${html`<${Waiting} />`} onReady=${() => begin(false)} />` : html`<${Rows} />`;
}

const Waiting = () => html`<div class="wrap" aria-busy="true"><h1 class="hidden" tabindex="-1">For you</h1><div class="pick skeleton"></div><${MovieRow} id="row-waiting" title="For you" movies=${null} /></div>`;

function Rows() {
  useTitle("For you");
  useEffect(() => window.scrollTo({ top: recall("scroll") ?? 0 }), []);
  const isGuest = useStore((state) => state.session !== "in");
  const [wish, setWish] = useState(rememberedWish);
  const dials = dialsOf(wish);
  const { list, error, busy, refresh, box, onFocusOut } = useSuggestions(JSON.stringify(dials), async () => {
    const made = await loadRows(dials);
    return { ...made, rows: made.rows.map((row) => ({ ...row, key: `${row.kind} ${row.subject ?? ""}`.trim() })) };
  });
  const change = (fields) => {
    rememberWish({ ...wish, ...fields });
    setWish(rememberedWish());
  };
  if (!list) {
    return error ? html`<div class="wrap"><h1 class="hidden" tabindex="-1">For you</h1><${Failure} error=${error} retry=${refresh} /></div>` : html`<${Waiting} />`;
  }
  const [first, ...others] = list.rows;
  const rows = first ? [{ ...first, items: first.items.slice(1) }, ...others].filter(({ items }) => items.length) : [];
  const filters = FILTERS.filter((name) => wish[name]).length;
  return html`<div class="wrap" ref=${box} onFocusOut=${onFocusOut}>
    <h1 class="hidden" tabindex="-1">For you</h1>
    ${isGuest && html`<${Invitation} />`}
    ${error && html`<${Failure} error=${error} retry=${refresh} />`}
    ${first ? html`<${Pick} suggestion=${first.items[0]} row=${first.key} key=${first.items[0].movie.movie_id} />`
      : html`<${Nothing} icon="check" title="You have been through everything we would suggest">
      <p>Rate more films, or look around for something unexpected.</p><p class="note-actions"><a class="button" href="/rate">Rate films</a><a class="button quiet" href="/browse">Browse</a></p><//>`}
    <div class="section-head wish-head">
      <${Dials} wish=${wish} change=${change} />
      <div class="wish-end"><${Updated} list=${list} busy=${busy} />
        ${!isGuest && html`<a class="button quiet" href=${addressOf(wish)}><${Icon} name="filter" />See all and filter${filters ? html` <span class="badge">${filters}</span>` : null}</a>`}</div>
    </div>
    <div data-testid="suggestions">
      ${rows.map((row) => html`<${MovieRow} key=${row.key} row=${row.key} id=${`row-${row.key.replaceAll(" ", "-")}`} title=${row.title} why=${row.why} more=${isGuest ? null : allOf(row, wish)}
        suggestions=${row.kind === "because" ? row.items.map((one) => ({ ...one, because_of: null })) : row.items} />`)}
    </div>
  </div>`;
}

/** Without an account: where the ratings are, and how to keep them. */
function Invitation() {
  const count = useStore((state) => state.ratings.size);
  return html`<aside class="invitation" aria-label="Keeping your ratings">
    <p><b>${countOf(count, "rating")}</b> in this browser. An account keeps ${count === 1 ? "it" : "them"} everywhere.</p>
    <button type="button" class="button small" onClick=${() => goToSignIn()}>Sign up</button> <a class="more-link" href="/start">Rate more films</a>
  </aside>`;
}
