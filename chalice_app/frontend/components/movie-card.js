// A film in a list: its poster and title lead to its page; stars and marks are at hand.

import { mark, rate, setAside, unrate, useStore } from "../store.js";
import { html, useRef, useEffect, useState } from "../vendor/preact.js";
import { Icon, starText } from "./base.js";
import { Poster } from "./poster.js";
import { Stars } from "./stars.js";

export const useStars = (movie) => useStore((state) => state.ratings.get(movie.movie_id) ?? null);
export const useMark = (movie) => useStore((state) => state.marks.get(movie.movie_id) ?? null);

export const rateOrRemove = (movie) => (stars) => (stars === null ? unrate(movie) : rate(movie, stars));

export function WatchlistButton({ movie, wide = false }) {
  const listed = useMark(movie) === "watchlist";
  const label = listed ? "On your watchlist" : "Add to watchlist";
  return html`<button type="button" class=${wide ? "button quiet" : "disc-button"} aria-pressed=${listed ? "true" : "false"}
    aria-label=${wide ? null : `Watchlist: ${movie.title}`} title=${wide ? null : label}
    onClick=${() => mark(movie, listed ? null : "watchlist")}>
    <${Icon} name="bookmark" filled=${listed} />${wide && (listed ? "On your watchlist" : "Watchlist")}
  </button>`;
}

export function AsideButton({ movie, wide = false }) {
  const aside = useMark(movie) === "not_interested";
  return html`<button type="button" class=${wide ? "button quiet" : "disc-button"} aria-pressed=${aside ? "true" : "false"}
    aria-label=${wide ? null : `Not interested: ${movie.title}`} title=${wide ? null : "Not interested"}
    onClick=${() => (aside ? mark(movie, null) : setAside(movie))}>
    <${Icon} name="aside" />${wide && "Not interested"}
  </button>`;
}

/** “4.3 for you” and why. */
export function Prediction({ stars, because }) {
  if (!stars && !because) return null;
  return html`<p class="prediction">
    ${stars ? html`<span class="for-you"><b>${stars.toFixed(1)}</b> for you</span>` : null}
    ${because ? html`<span class="because">because you gave <cite>${because.title}</cite> <span class="because-stars" role="img"
          aria-label=${`${because.stars} stars`}>${starText(because.stars)}</span></span>` : null}
  </p>`;
}

/** `suggestion` adds the prediction, its reason and “not interested”. */
export function MovieCard({ movie, suggestion = null, eager = false }) {
  const stars = useStars(movie);
  const aside = useMark(movie) === "not_interested";
  return html`<article class=${`card ${aside ? "is-aside" : ""}`} data-movie=${movie.movie_id}>
    <a class="card-link" href=${`/movie/${movie.movie_id}`}>
      <span class="card-poster"><${Poster} movie=${movie} eager=${eager} /></span>
      <span class="card-title">${movie.title}</span>
      <span class="card-facts"><span class="card-kind">${[movie.year, movie.genres[0]].filter(Boolean).join(" · ")}</span>${movie.rating_mean
        ? html`<span class="card-mean" title="Average of all ratings">★ ${movie.rating_mean.toFixed(1)}</span>` : null}</span>
    </a>
    <div class="card-marks">
      ${suggestion && html`<${AsideButton} movie=${movie} />`}
      <${WatchlistButton} movie=${movie} />
    </div>
    ${suggestion && html`<${Prediction} stars=${suggestion.predicted_stars} because=${suggestion.because_of} />`}
    <${Stars} movie=${movie} value=${stars} onRate=${rateOrRemove(movie)} />
  </article>`;
}

export const CardSkeleton = () => html`<div class="card skeleton" aria-hidden="true">
  <span class="card-poster"></span><span class="bar"></span><span class="bar short"></span></div>`;

export const GridSkeleton = ({ count = 12 }) => html`<div class="grid" aria-hidden="true">
  ${Array.from({ length: count }, (_, i) => html`<${CardSkeleton} key=${i} />`)}</div>`;

/** Cards side by side that scroll, by finger, wheel, key or button. */
export function MovieRow({ title, more, movies, id }) {
  const row = useRef(null);
  const [ends, setEnds] = useState({ start: true, end: false });
  const look = () => {
    const { scrollLeft, scrollWidth, clientWidth } = row.current;
    setEnds({ start: scrollLeft < 4, end: scrollLeft + clientWidth > scrollWidth - 4 });
  };
  useEffect(() => {
    if (row.current) look();
  }, [movies]);
  const turn = (way) => row.current.scrollBy({ left: way * row.current.clientWidth * 0.85, behavior: "smooth" });
  return html`<section class="shelf" aria-labelledby=${id}>
    <div class="shelf-head">
      <h2 id=${id}>${title}</h2>
      ${more && html`<a class="more-link" href=${more}>See all<span class="hidden">: ${title}</span></a>`}
      <div class="shelf-turn">
        <button type="button" class="disc-button" aria-label=${`${title}: back`} disabled=${ends.start} onClick=${() => turn(-1)}><${Icon} name="left" /></button>
        <button type="button" class="disc-button" aria-label=${`${title}: on`} disabled=${ends.end} onClick=${() => turn(1)}><${Icon} name="right" /></button>
      </div>
    </div>
    <div class="row" ref=${row} onScroll=${look}>
      ${movies ? movies.map((movie) => html`<${MovieCard} key=${movie.movie_id} movie=${movie} />`)
        : Array.from({ length: 8 }, (_, i) => html`<${CardSkeleton} key=${i} />`)}
    </div>
  </section>`;
}
