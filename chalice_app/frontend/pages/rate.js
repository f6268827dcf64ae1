// One film after another: stars or skip.

import { Stars, WatchlistButton } from "../components/movie-card.js";
import { Backdrop, Poster } from "../components/poster.js";
import { Failure, Icon, navigate, Nothing, starsAloud, starText, useTitle } from "../page.js";
import { get, learn, peek, rate, triedOut, useStore } from "../store.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const MODES = { popular: "Well-known films", all: "All films" };
const LONGEST_SKIP_LIST = 150; // the newest skips are sent; older ones may come round again
const ADMIRE_MS = 420; // the given stars stay in sight before the next film comes

const MOST_SKIPPED = 500; // as many as the API lets one skip

/** A film to rate next that is not among `skipped`; what was said without an account only this browser knows. */
function loadNext(popular, skipped) {
  if (peek().session === "in") return get("/me/next-to-rate", { popular, skip: skipped.join(",") });
  const said = [...triedOut("ratings").reverse(), ...triedOut("marks").filter(({ value }) => value === "not_interested")];
  const skip = new Set([...skipped, ...said.map(({ movie }) => movie.movie_id)]);
  return get("/next-to-rate", { popular, skip: [...skip].slice(0, MOST_SKIPPED).join(",") });
}

const SKIPPED = "matinee:skipped";
const recallSkipped = () => JSON.parse(sessionStorage.getItem(SKIPPED) ?? "[]");

function useQueue(mode) {
  const [movie, setMovie] = useState(undefined); // undefined: on its way; null: none left
  const [error, setError] = useState(null);
  const [past, setPast] = useState([]); // { movie, stars }: what was done, for undo
  const skipped = useRef(recallSkipped());
  const upcoming = useRef(null);
  const turn = useRef(0);

  const fetchNext = (...besides) => loadNext(mode === "popular", [...new Set([...skipped.current.slice(-LONGEST_SKIP_LIST), ...besides])]);
  const prefetch = (shown) => {
    upcoming.current = fetchNext(shown.movie_id);
    upcoming.current.catch(() => {});
  };
  const show = (next) => {
    setMovie(next);
    if (next) {
      learn([next]);
      prefetch(next);
    }
  };
  const advance = async (request) => {
    const mine = ++turn.current;
    setError(null);
    try {
      const { movie: next } = await request;
      if (mine === turn.current) show(next);
    } catch (problem) {
      if (mine === turn.current) setError(problem);
    }
  };
  const start = (...besides) => {
    setMovie(undefined);
    advance(fetchNext(...besides));
  };
  useEffect(() => {
    start();
    return () => turn.current++;
  }, [mode]);

  const done = (stars) => {
    setPast((before) => [...before, { movie, stars }]);
    if (stars === null) {
      skipped.current.push(movie.movie_id);
      sessionStorage.setItem(SKIPPED, JSON.stringify(skipped.current));
    }
    const ready = upcoming.current;
    upcoming.current = null;
    advance(ready.catch(() => fetchNext(movie.movie_id)));
  };
  const undo = () => {
    const last = past.at(-1);
    if (!last) return;
    setPast(past.slice(0, -1));
    if (last.stars === null) skipped.current = skipped.current.filter((id) => id !== last.movie.movie_id);
    else rate(last.movie, null);
    turn.current++;
    setError(null);
    show(last.movie);
  };
  const forgetSkips = () => {
    skipped.current = [];
    sessionStorage.removeItem(SKIPPED);
    start();
  };
  return { movie, error, past, done, undo, start: () => start(movie?.movie_id ?? 0), forgetSkips, anySkipped: skipped.current.length > 0 };
}

const typing = ({ target }) => target.matches("input:not([type=radio]), textarea, select");

export default function Rate({ entry }) {
  useTitle("Rate films");
  const mode = entry.query.get("mode") === "all" ? "all" : "popular";
  const { movie, error, past, done, undo, start, forgetSkips, anySkipped } = useQueue(mode);
  const [given, setGiven] = useState(null);
  const total = useStore((state) => state.ratings.size);
  const rated = past.filter(({ stars }) => stars !== null).length;

  const give = async (stars) => {
    if (given !== null || !movie || stars === null) return;
    setGiven(stars);
    const kept = rate(movie, stars);
    await Promise.all([kept, new Promise((rest) => setTimeout(rest, ADMIRE_MS))]);
    setGiven(null);
    if (await kept) done(stars);
  };
  const skip = () => movie && given === null && done(null);

  const keys = useRef(null);
  keys.current = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    const digit = /^(?:Digit|Numpad)([1-5])$/.exec(event.code)?.[1];
    if (digit) give(Number(digit) - (event.shiftKey ? 0.5 : 0));
    else if (event.key.toLowerCase() === "s" || (event.key === "ArrowRight" && !event.target.matches("input"))) skip();
    else if (event.key.toLowerCase() === "z") undo();
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    const onKey = (event) => keys.current(event);
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  return html`<div class="rate-page">
    ${movie && html`<div class="film-back"><${Backdrop} movie=${movie} key=${movie.movie_id} /></div>`}
    <div class="wrap rate">
      <div class="rate-head">
        <h1 tabindex="-1">Rate films</h1>
        <div class="switch" role="group" aria-label="Which films">
          ${Object.entries(MODES).map(([value, name]) => html`<button key=${value} type="button" aria-pressed=${mode === value ? "true" : "false"}
            onClick=${() => navigate(`/rate?mode=${value}`, { replace: true })}>${name}</button>`)}
        </div>
        <p class="rate-count" role="status"><b>${rated}</b> rated now <span aria-hidden="true">·</span> <b>${total}</b> in all</p>
      </div>
      ${error ? html`<${Failure} error=${error} retry=${start} />`
        : movie === null ? html`<${Nothing} icon="check" title="Nothing is left to rate here">
            <p>You have said something about every film ${mode === "popular" ? "that most people know" : "we have"}. Well done.</p>
            <p class="note-actions">${mode === "popular" && html`<button class="button" onClick=${() => navigate("/rate?mode=all", { replace: true })}>Go on with all films</button>`}
              ${anySkipped && html`<button class="button quiet" onClick=${forgetSkips}>Show what you skipped</button>`}<a class="button quiet" href="/">See your suggestions</a></p><//>`
        : !movie ? html`<div class="rate-card skeleton" aria-busy="true"><span class="poster"></span><div class="rate-words"><span class="bar tall"></span><span class="bar short"></span></div></div>`
        : html`<div class="rate-card" key=${movie.movie_id} data-movie=${movie.movie_id}>
            <div class="rate-poster"><${Poster} movie=${movie} eager />
              ${given !== null && html`<span class="rate-given" aria-hidden="true">${starText(given)}</span>`}</div>
            <div class="rate-words">
              <h2 aria-live="polite"><a href=${`/movie/${movie.movie_id}`}>${movie.title}</a></h2>
              <p class="facts">${[movie.year, movie.directors?.[0], movie.genres.slice(0, 3).join(", ")].filter(Boolean).join(" · ")}</p>
              ${movie.overview && html`<p class="rate-overview">${movie.overview}</p>`}
              ${movie.cast?.length > 0 && html`<p class="rate-cast">With ${movie.cast.slice(0, 4).join(", ")}</p>`}
              <${Stars} movie=${movie} value=${given} onRate=${give} size="huge" patient clearable=${false} />
              <div class="rate-acts">
                <button type="button" class="button quiet" onClick=${undo} disabled=${!past.length}><${Icon} name="undo" />Undo</button>
                <${WatchlistButton} movie=${movie} wide />
                <button type="button" class="button" onClick=${skip}>Skip<${Icon} name="right" /></button>
              </div>
              <p class="keys"><kbd>1</kbd>–<kbd>5</kbd> stars, with <kbd>Shift</kbd> half a star less <span><kbd>S</kbd> or <kbd>→</kbd> skip</span> <span><kbd>Z</kbd> undo</span></p>
            </div>
          </div>`}
      ${past.length > 0 && html`<ol class="rate-past" aria-label="Just now" reversed>${past.slice(-8).reverse().map(({ movie: one, stars }) => html`<li key=${one.movie_id}>
          <a href=${`/movie/${one.movie_id}`}>${one.title}</a> <span aria-label=${stars === null ? "skipped" : starsAloud(stars)} role="img">${stars === null ? "skipped" : starText(stars)}</span></li>`)}</ol>`}
    </div>
  </div>`;
}
