// Home for someone signed in: suggestions that follow every rating, or a start where there is none yet.

import { listMovies, listSuggestions } from "../api.js";
import { Failure, Icon, Nothing, useLoaded, useTitle } from "../components/base.js";
import { AsideButton, GridSkeleton, MovieCard, Prediction, rateOrRemove, useStars, WatchlistButton } from "../components/movie-card.js";
import { Backdrop, Poster } from "../components/poster.js";
import { Stars } from "../components/stars.js";
import { recall, remember } from "../router.js";
import { learn, peek, useStore } from "../store.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";

const ENOUGH = 5; // ratings after which suggestions say more than popularity does
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
      const page = await listSuggestions({ limit, cursor });
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
      <${Prediction} stars=${suggestion.predicted_stars} from=${suggestion.likely_from} to=${suggestion.likely_to} because=${suggestion.because_of} />
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
  return beginning ? html`<${Beginning} onReady=${() => setBeginning(false)} />` : html`<${Suggestions} />`;
}
