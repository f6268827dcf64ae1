// A film as lists and pages show it: its card, its stars to give, marks, prediction, and what others gave.

import { Icon, recall, remember, starsAloud, starText } from "../page.js";
import { keepForLater, mark, rate, setAside, unrate, useStore } from "../store.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { Poster } from "./poster.js";

// ---- stars to give: ten native radios, one for each half star ----------------------------------------

const HALVES = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5];
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const SETTLE_MS = 900; // after the last arrow key, as an arrow passes over stars that are not meant

let instances = 0;

/** `onRate` is called with 0.5 to 5, or null to take the rating back.
 *
 * Clicks, taps and slides count at once. Arrow keys only move; the stars count on Enter, or (unless
 * `patient`) after a moment of rest or when the focus leaves.
 */
export function Stars({ movie, value, onRate, size = "", patient = false, clearable = true }) {
  const name = useMemo(() => `stars-${++instances}`, []);
  const [draft, setDraft] = useState(null);
  const byArrow = useRef(false);
  const timer = useRef(0);
  const sliding = useRef(false);
  const box = useRef(null);
  const shown = draft ?? value;

  const settle = (stars) => {
    clearTimeout(timer.current);
    setDraft(null);
    byArrow.current = false;
    if (stars !== null && stars !== value) onRate(stars);
  };
  const clear = () => {
    settle(null);
    onRate(null);
    box.current.querySelector("input").focus();
  };
  const onKeyDown = (event) => {
    byArrow.current = ARROWS.includes(event.key);
    if (event.key === "Enter" && draft !== null) {
      event.preventDefault();
      settle(draft);
    }
    if ((event.key === "Delete" || event.key === "Backspace") && value && clearable) clear();
  };
  const onChange = (event) => {
    const stars = Number(event.target.value);
    if (!byArrow.current) return settle(stars);
    setDraft(stars);
    clearTimeout(timer.current);
    if (!patient) timer.current = setTimeout(() => settle(stars), SETTLE_MS);
    return undefined;
  };
  const onFocusOut = (event) => {
    if (box.current?.contains(event.relatedTarget)) return; // without a box the card itself has gone
    if (patient) setDraft(null);
    else if (draft !== null) settle(draft);
  };

  // A finger may slide along the stars: halves are narrow to hit on a small poster.
  const under = (event) => {
    const { left, width } = box.current.querySelector(".stars-row").getBoundingClientRect();
    return Math.min(5, Math.max(0.5, Math.ceil(((event.clientX - left) / width) * 10) / 2));
  };
  const onPointerDown = (event) => {
    byArrow.current = false;
    sliding.current = event.pointerType === "touch";
  };
  const onPointerMove = (event) => sliding.current && setDraft(under(event));
  const onPointerUp = (event) => {
    if (sliding.current && draft !== null) settle(under(event));
    sliding.current = false;
  };
  const onPointerCancel = () => {
    sliding.current = false;
    setDraft(null);
  };

  return html`<fieldset class=${`stars ${size} ${draft !== null ? "draft" : ""}`} ref=${box} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
    <legend class="hidden">Your stars for ${movie.title}</legend>
    <div class="stars-row" onPointerDown=${onPointerDown} onPointerMove=${onPointerMove} onPointerUp=${onPointerUp} onPointerCancel=${onPointerCancel}>
      ${HALVES.map((half) => html`<input key=${half} type="radio" name=${name} id=${`${name}-${half}`} value=${half}
            checked=${shown === half} onChange=${onChange} />
          <label key=${`l${half}`} for=${`${name}-${half}`} class=${shown >= half ? "on" : ""}><span class="hidden">${starsAloud(half)}</span></label>`)}
    </div>
    ${value && clearable ? html`<button type="button" class="stars-clear" aria-label=${`Remove your rating of ${movie.title}`} title="Remove your rating"
          onClick=${clear}><${Icon} name="close" /></button>` : null}
  </fieldset>`;
}

// ---- in lists, and what they are made of ----------------------------------------------------------

export const useStars = (movie) => useStore((state) => state.ratings.get(movie.movie_id) ?? null);
export const useMark = (movie) => useStore((state) => state.marks.get(movie.movie_id) ?? null);

export const rateOrRemove = (movie) => (stars) => (stars === null ? unrate(movie) : rate(movie, stars));

/** With `leaves` the film's card goes away with the press, so that can be undone. */
export function WatchlistButton({ movie, wide = false, leaves = false }) {
  const listed = useMark(movie) === "watchlist";
  const label = listed ? "On your watchlist" : "Add to watchlist";
  return html`<button type="button" class=${wide ? "button quiet" : "disc-button"} aria-pressed=${listed ? "true" : "false"}
    aria-label=${wide ? null : `Watchlist: ${movie.title}`} title=${wide ? null : label}
    onClick=${() => (leaves ? keepForLater : mark)(movie, listed ? null : "watchlist")}>
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

/** How sure we are of predicted stars, in words; they most likely lie between `from` and `to`. */
export function surely(stars, from, to) {
  const margin = Math.max(stars - from, to - stars); // the ends of the scale may have cut one side
  return margin < 0.9 ? "quite sure" : margin < 1.25 ? "fairly sure" : "not so sure";
}

const starsOf = (stars) => stars.toFixed(1).replace(".0", "");

/** Where on the scale predicted stars and what is likely around them lie; `own` are stars that were given. */
export function LikelyRange({ stars, from, to, own = null }) {
  const put = (name, value) => (mark) => mark?.style.setProperty(name, `${((value - 0.5) / 4.5) * 100}%`);
  return html`<span class="likely" role="img" aria-label=${`We expect ${starsOf(stars)} stars, most likely between ${starsOf(from)} and ${starsOf(to)}`}>
    <i class="likely-span" ref=${(span) => { put("left", from)(span); put("right", 5.5 - to)(span); }}></i>
    <i class="likely-mark" ref=${put("left", stars)}></i>${own ? html`<i class="likely-own" ref=${put("left", own)}></i>` : null}
  </span>`;
}

/** “4.3 for you · quite sure” and why. */
export function Prediction({ stars, because, from = null, to = null }) {
  if (!stars && !because) return null;
  return html`<p class="prediction">
    ${stars ? html`<span class="guessed"><span class="for-you"><b>${stars.toFixed(1)}</b> for you</span>${from
        ? html`<span class="sureness">${surely(stars, from, to)}<${LikelyRange} stars=${stars} from=${from} to=${to} /></span>` : null}</span>` : null}
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
      <${WatchlistButton} movie=${movie} leaves=${suggestion !== null} />
    </div>
    ${suggestion && html`<${Prediction} stars=${suggestion.predicted_stars} from=${suggestion.likely_from} to=${suggestion.likely_to} because=${suggestion.because_of} />`}
    <${Stars} movie=${movie} value=${stars} onRate=${rateOrRemove(movie)} />
  </article>`;
}

const CardSkeleton = () => html`<div class="card skeleton" aria-hidden="true">
  <span class="card-poster"></span><span class="bar"></span><span class="bar short"></span></div>`;

export const GridSkeleton = ({ count = 12 }) => html`<div class="grid" aria-hidden="true">
  ${Array.from({ length: count }, (_, i) => html`<${CardSkeleton} key=${i} />`)}</div>`;

/** Cards side by side that scroll, by finger, wheel, key or button. */
export function MovieRow({ title, why, more, suggestions = null, movies = suggestions?.map(({ movie }) => movie), id, row: key }) {
  const row = useRef(null);
  const [ends, setEnds] = useState({ start: true, end: false });
  const look = () => {
    const { scrollLeft, scrollWidth, clientWidth } = row.current;
    remember(`row ${id}`, scrollLeft);
    setEnds({ start: scrollLeft < 4, end: scrollLeft + clientWidth > scrollWidth - 4 });
  };
  useEffect(() => {
    row.current.scrollLeft = recall(`row ${id}`) ?? 0;
  }, []);
  useEffect(() => {
    if (row.current) look();
  }, [suggestions ?? movies]);
  const turn = (way) => row.current.scrollBy({ left: way * row.current.clientWidth * 0.85, behavior: "smooth" });
  return html`<section class="shelf" data-row=${key} aria-labelledby=${id}>
    <div class="shelf-head">
      <h2 id=${id}>${title}</h2>
      ${more && html`<a class="more-link" href=${more}>See all<span class="hidden">: ${title}</span></a>`}
      <div class="shelf-turn">
        <button type="button" class="disc-button" aria-label=${`${title}: back`} disabled=${ends.start} onClick=${() => turn(-1)}><${Icon} name="left" /></button>
        <button type="button" class="disc-button" aria-label=${`${title}: on`} disabled=${ends.end} onClick=${() => turn(1)}><${Icon} name="right" /></button>
      </div>
    </div>
    ${why && html`<p class="shelf-why">${why}</p>`}
    <div class="row" ref=${row} onScroll=${look}>
      ${movies ? movies.map((movie, i) => html`<${MovieCard} key=${movie.movie_id} movie=${movie} suggestion=${suggestions?.[i] ?? null} />`)
        : Array.from({ length: 8 }, (_, i) => html`<${CardSkeleton} key=${i} />`)}
    </div>
  </section>`;
}

/** How many gave a film half a star, one star, … five. */
export function Histogram({ counts }) {
  const most = Math.max(...counts);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const words = counts.map((count, i) => `${HALVES[i]} stars: ${count}`).reverse().join(", ");
  return html`<div class="histogram" role="img" aria-label=${`Ratings by stars. ${words}.`}>
    ${counts.map((count, i) => html`<span key=${i} title=${`${HALVES[i]} stars: ${count} (${Math.round((100 * count) / all)} %)`}>
      <i ref=${(bar) => bar?.style.setProperty("height", `${Math.max(count ? 4 : 0, (100 * count) / most)}%`)}></i></span>`)}
    <b aria-hidden="true">½</b><b aria-hidden="true">★★★★★</b>
  </div>`;
}
