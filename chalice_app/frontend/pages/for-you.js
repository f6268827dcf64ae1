// Home for someone who has rated: suggestions that follow every rating.

import { countOf, Failure, Nothing, useTitle } from "../components/base.js";
import { AsideButton, GridSkeleton, MovieCard, Prediction, rateOrRemove, useStars, WatchlistButton } from "../components/movie-card.js";
import { Backdrop, Poster } from "../components/poster.js";
import { Stars } from "../components/stars.js";
import { loadSuggestions } from "../mine.js";
import { recall, remember } from "../router.js";
import { goToSignIn, learn, peek, useStore } from "../store.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";

const PAGE = 25;
const MOST = 100;
const REST_MS = 700; // after a rating, before the list moves: time to see what was given

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Cards glide from where they were to where they are. */
function useGlide(items) {
  const box = useRef(null);
  const places = useRef(new Map());
  const measure = () => new Map([...(box.current?.querySelectorAll("[data-movie]") ?? [])].map((card) => [card.dataset.movie, card.getBoundingClientRect()]));
  useLayoutEffect(() => {
    const before = places.current;
    places.current = new Map();
    if (!before.size || calm.matches) return;
    for (const card of box.current?.querySelectorAll("[data-movie]") ?? []) {
      const [was, is] = [before.get(card.dataset.movie), card.getBoundingClientRect()];
      if (is.top > innerHeight || is.bottom < 0) continue;
      if (!was) card.animate([{ opacity: 0, transform: "scale(.94)" }, {}], { duration: 320, easing: "ease-out" });
      else if (was.left !== is.left || was.top !== is.top)
        card.animate([{ transform: `translate(${was.left - is.left}px, ${was.top - is.top}px)` }, {}], { duration: 380, easing: "cubic-bezier(.2,.8,.2,1)" });
    }
  }, [items]);
  return [box, () => (places.current = measure())];
}

function useSuggestions() {
  const changes = useStore((state) => state.tasteChanges);
  const [list, setList] = useState(() => recall("suggestions") ?? null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const latest = useRef(list);
  const turn = useRef(0);
  const [box, notePlaces] = useGlide(list?.items);

  const put = (next) => {
    notePlaces();
    latest.current = next;
    remember("suggestions", next);
    setList(next);
  };

  /** A film under a keyboard user's focus stays where it is until the focus moves on. */
  const keepFocused = (items) => {
    const focused = document.activeElement;
    const card = focused?.matches(":focus-visible") && box.current?.contains(focused) ? focused.closest("[data-movie]") : null;
    const id = Number(card?.dataset.movie);
    const old = latest.current?.items ?? [];
    const at = old.findIndex(({ movie }) => movie.movie_id === id);
    if (at < 0) return items;
    const rest = items.filter(({ movie }) => movie.movie_id !== id);
    return [...rest.slice(0, at), old[at], ...rest.slice(at)];
  };

  const read = async (cursor, limit) => {
    const mine = ++turn.current;
    setBusy(true);
    setError(null);
    try {
      const page = await loadSuggestions({ limit, cursor });
      if (mine !== turn.current) return;
      learn(page.items.map(({ movie }) => movie));
      const seen = new Set(cursor ? latest.current.items.map(({ movie }) => movie.movie_id) : []);
      const fresh = page.items.filter(({ movie }) => !seen.has(movie.movie_id));
      put({ ...page, changes: peek().tasteChanges, items: cursor ? [...latest.current.items, ...fresh] : keepFocused(fresh) });
    } catch (problem) {
      if (mine !== turn.current) return;
      if (problem.status === 410 && cursor) return void read(null, PAGE);
      setError(problem);
    } finally {
      if (mine === turn.current) setBusy(false);
    }
  };
  const refresh = () => read(null, Math.min(MOST, Math.max(PAGE, latest.current?.items.length ?? 0)));

  useEffect(() => {
    if (latest.current?.changes === changes) return undefined;
    const wait = setTimeout(refresh, latest.current ? REST_MS : 0);
    return () => clearTimeout(wait);
  }, [changes]);

  // What was kept only for the focus goes once the focus has gone.
  const onFocusOut = ({ relatedTarget, target }) => {
    const card = target.closest("[data-movie]");
    if (!card || card.contains(relatedTarget)) return;
    const id = Number(card.dataset.movie);
    const { ratings, marks, tasteChanges } = peek();
    if (latest.current?.changes !== tasteChanges || !(ratings.has(id) || marks.get(id) === "not_interested")) return;
    setTimeout(() => put({ ...latest.current, items: latest.current.items.filter(({ movie }) => movie.movie_id !== id) }), 60);
  };

  return { list, error, busy, refresh, more: () => read(list.next_cursor, PAGE), box, onFocusOut };
}

const SOURCES = { fresh: "from what you have just told us", stored: "from your ratings so far", popular: "well-loved films to begin with" };

function Pick({ suggestion }) {
  const { movie } = suggestion;
  const stars = useStars(movie);
  return html`<section class="pick" data-movie=${movie.movie_id} aria-labelledby="pick-title">
    <${Backdrop} movie=${movie} />
    <a class="pick-poster" href=${`/movie/${movie.movie_id}`} tabindex="-1" aria-hidden="true"><${Poster} movie=${movie} eager /></a>
    <div class="pick-words">
      <p class="kicker">Tonight, for you</p>
      <h2 id="pick-title"><a href=${`/movie/${movie.movie_id}`}>${movie.title}</a></h2>
      <p class="facts">${[movie.year, movie.runtime && `${movie.runtime} min`, movie.genres.slice(0, 3).join(", ")].filter(Boolean).join(" · ")}</p>
      <${Prediction} stars=${suggestion.predicted_stars} because=${suggestion.because_of} />
      <div class="pick-acts">
        <${Stars} movie=${movie} value=${stars} onRate=${rateOrRemove(movie)} size="big" />
        <${WatchlistButton} movie=${movie} wide /><${AsideButton} movie=${movie} wide />
      </div>
    </div>
  </section>`;
}

function Suggestions() {
  useTitle("For you");
  const { list, error, busy, refresh, more, box, onFocusOut } = useSuggestions();
  if (!list) {
    return html`<div class="wrap"><h1 class="hidden" tabindex="-1">For you</h1>
      ${error ? html`<${Failure} error=${error} retry=${refresh} />` : html`<div aria-busy="true"><div class="pick skeleton"></div><${GridSkeleton} /></div>`}</div>`;
  }
  const [first, ...rest] = list.items;
  return html`<div class="wrap" ref=${box} onFocusOut=${onFocusOut}>
    <h1 class="hidden" tabindex="-1">For you</h1>
    <${Invitation} />
    ${error && html`<${Failure} error=${error} retry=${refresh} />`}
    ${first ? html`<${Pick} suggestion=${first} key=${first.movie.movie_id} />` : html`<${Nothing} icon="check" title="You have been through everything we would suggest">
      <p>Rate more films, or look around for something unexpected.</p><p class="note-actions"><a class="button" href="/rate">Rate films</a><a class="button quiet" href="/browse">Browse</a></p><//>`}
    ${rest.length > 0 && html`<div class="section-head">
      <h2>More for you</h2>
      <p class="updated" role="status" data-source=${list.source}>${busy ? "Updating…" : html`Updated in <b>${list.milliseconds < 10 ? list.milliseconds.toFixed(1) : Math.round(list.milliseconds)} ms</b>, ${SOURCES[list.source] ?? ""}`}</p>
    </div>
    <div class="grid" data-testid="suggestions">${rest.map((suggestion) => html`<${MovieCard} key=${suggestion.movie.movie_id} movie=${suggestion.movie} suggestion=${suggestion} />`)}</div>`}
    ${list.next_cursor && html`<div class="endless"><button type="button" class="button quiet" disabled=${busy} onClick=${more}>${busy ? "Loading…" : "More suggestions"}</button></div>`}
  </div>`;
}

/** Without an account: where the ratings are, and how to keep them. */
function Invitation() {
  const session = useStore((state) => state.session);
  const count = useStore((state) => state.ratings.size);
  if (session === "in") return null;
  return html`<aside class="invitation" aria-label="Keeping your ratings">
    <p><b>${countOf(count, "rating")}</b> in this browser. An account keeps ${count === 1 ? "it" : "them"} everywhere.</p>
    <button type="button" class="button small" onClick=${() => goToSignIn()}>Sign up</button> <a class="more-link" href="/start">Rate more films</a>
  </aside>`;
}

export default function ForYou() {
  useEffect(() => window.scrollTo({ top: recall("scroll") ?? 0 }), []);
  return html`<${Suggestions} />`;
}
