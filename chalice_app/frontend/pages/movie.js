// One film.

import { AsideButton, Histogram, LikelyRange, MovieRow, rateOrRemove, Stars, surely, useMark, useStars, WatchlistButton } from "../components/movie-card.js";
import { Backdrop, Poster } from "../components/poster.js";
import { countOf, Failure, Nothing, starsAloud, starText, useKept, useLoaded, useNearby, useTitle } from "../page.js";
import { get, known, learn, mark, send, triedBody, useStore } from "../store.js";
import { html } from "../vendor/preact.js";

const browse = (fields) => `/browse?${new URLSearchParams(fields)}`;

/** How given stars compare with what we had guessed from everything else. */
function verdictOn(stars, { predicted_stars: guess, likely_from: from, likely_to: to }) {
  if (stars > to) return "You liked it far more than we thought: a surprise.";
  if (stars < from) return "You liked it far less than we thought: a surprise.";
  if (Math.abs(stars - guess) < 0.5) return "That is about what you gave.";
  return stars > guess ? "You liked it a little more." : "You liked it a little less.";
}

const Guessing = () => html`<p class="mine-guess skeleton" aria-busy="true"><span class="bar"></span><span class="bar short"></span></p>`;

/** How a film stands with whoever is here: how many stars we expect, and why it stands there; null where they rated nothing. */
function useStanding(id) {
  const changes = useStore((state) => state.tasteChanges);
  const session = useStore((state) => state.session);
  return useKept(useLoaded(async (signal) => {
    if (session === "in") return get(`/me/movies/${id}`, null, signal);
    const body = triedBody();
    return session === "out" && body.ratings.length ? send("POST", `/movies/${id}/predicted-stars`, { body, signal }) : null;
  }, [id, changes, session]));
}

function Guess({ stars, standing: { data, error, retry } }) {
  if (error) return html`<p class="mine-guess">We could not make our guess. <button type="button" class="link-button" onClick=${retry}>Try again</button></p>`;
  if (!data) return html`<${Guessing} />`;
  const { predicted_stars: guess, likely_from: from, likely_to: to } = data;
  if (guess === null) return html`<p class="mine-guess">We know too little about this film to guess your stars.</p>`;
  return html`<div class="mine-guess" role="status">
    <p>${stars ? "We had guessed" : "Our guess for you:"} <b>${guess.toFixed(1)}</b> · ${surely(guess, from, to)}</p>
    <${LikelyRange} stars=${guess} from=${from} to=${to} own=${stars} />
    <p>${stars ? verdictOn(stars, data) : `Most likely between ${from.toFixed(1)} and ${to.toFixed(1)} stars.`}</p>
  </div>`;
}

function Mine({ movie, standing }) {
  const session = useStore((state) => state.session);
  const stars = useStars(movie);
  const aside = useMark(movie) === "not_interested";
  const tried = useStore((state) => state.ratings.size > 0);
  return html`<section class="mine" aria-label="Your stars">
    <p class="mine-label">${stars ? html`You gave it <b>${starsAloud(stars)}</b>` : "Your stars"}</p>
    <${Stars} movie=${movie} value=${stars} onRate=${rateOrRemove(movie)} size="big" />
    ${(session === "in" || (session === "out" && tried)) && html`<${Guess} stars=${stars} standing=${standing} />`}
    ${session === "starting" && html`<${Guessing} />`}
    ${session === "out" && !tried && html`<p class="mine-guess">Rate a few films, this one or <a href="/start">others</a>: then we guess your stars and say how sure we are.</p>`}
    <div class="mine-acts"><${WatchlistButton} movie=${movie} wide /><${AsideButton} movie=${movie} wide /></div>
    ${aside && html`<p class="mine-guess">You set this film aside, so we do not suggest it. <button type="button" class="link-button" onClick=${() => mark(movie, null)}>Undo</button></p>`}
  </section>`;
}

const Rated = ({ title, stars }) => html`You gave <cite>${title}</cite> <span class="because-stars" role="img" aria-label=${`${stars} stars`}>${starText(stars)}</span>`;

/** All that counts, as `{ key, words, adds }`, in the order in which it is shown. */
function partsOf({ average, added, taken, others }) {
  const ratings = [...added, ...taken].map((one) => ({ key: one.movie_id, words: html`<${Rated} ...${one} />`, adds: one.adds }));
  const rest = [
    { key: "others", words: "All your other ratings together", adds: others },
    { key: "average", words: "What most people like", adds: average },
  ];
  return [...ratings, ...rest].filter(({ adds }) => adds !== 0);
}

function Side({ title, parts, all }) {
  if (!parts.length) return null;
  const most = Math.max(...all.map(({ adds }) => Math.abs(adds)));
  const total = all.reduce((sum, { adds }) => sum + Math.abs(adds), 0);
  const share = (adds) => {
    const percent = (100 * Math.abs(adds)) / total;
    return percent < 1 ? "under 1 %" : `${Math.round(percent)} %`;
  };
  return html`<div class="why-side">
    <h3>${title}</h3>
    <ul>${parts.map(({ key, words, adds }) => html`<li key=${key}><span>${words}</span> <b>${share(adds)}</b>
      <i class=${adds < 0 ? "against" : ""} ref=${(bar) => bar?.style.setProperty("width", `${(100 * Math.abs(adds)) / most}%`)}></i></li>`)}</ul>
  </div>`;
}

const HOW = "A film that you liked speaks for those that the same people like, and against those that they leave alone; with one that you disliked it is the other way round.";

/** Why a film stands where it does for someone: what each of their ratings counts for it and against it. */
function Why({ movie, standing: { data, error } }) {
  const stars = useStars(movie);
  const others = useStore((state) => state.ratings.size) - (stars ? 1 : 0);
  const parts = data?.why ? partsOf(data.why) : [];
  if (error || (data && !parts.length)) return null; // the guess above says what went wrong
  const personal = parts.some(({ key }) => key !== "average");
  const sum = `${stars ? "Before you rated it, its place among your suggestions was" : "Its place among your suggestions is"} exactly the sum of these.`;
  return html`<section class="why" aria-labelledby="why" aria-busy=${data ? null : "true"}>
    <h2 id="why">What speaks for it, and against</h2>
    ${data ? html`<p>${personal ? `${sum} ${HOW}` : others ? "None of your ratings says anything about this film: only what most people like counts." : html`So far we only know what most people like. <a href="/rate">Rate some films</a>, and this will be about you.`}</p>
      <div class="why-sides">
        <${Side} title="For it" parts=${parts.filter(({ adds }) => adds > 0)} all=${parts} />
        <${Side} title="Against it" parts=${parts.filter(({ adds }) => adds < 0)} all=${parts} />
      </div>`
      : html`<div class="skeleton" aria-hidden="true"><span class="bar"></span><span class="bar"></span><span class="bar short"></span></div>`}
  </section>`;
}

const FEW = 4; // similar films that are too few for a row: then others of the same genres say more

/** What the same people like; for a film that few have liked, the best of its genres. */
function Alike({ movie }) {
  const [place, near] = useNearby("200px");
  const genres = movie.genres.slice(0, 2);
  const { data, error } = useLoaded(async (signal) => {
    if (!near) return null;
    const { items: similar } = await get(`/movies/${movie.movie_id}/similar`, { limit: 18 }, signal);
    const byTaste = similar.length >= FEW;
    if (!byTaste && !genres.length) return { movies: [] };
    const { items } = byTaste ? { items: similar } : await get("/movies", { genre: genres.join(","), sort: "top-rated", limit: 19 }, signal);
    learn(items);
    return { byTaste, movies: items.filter(({ movie_id: id }) => id !== movie.movie_id) };
  }, [near, movie.movie_id]);
  if (error || data?.movies.length === 0) return null;
  const title = !data || data.byTaste ? "Liked by the same people" : `More ${genres.join(" and ").toLowerCase()}`;
  return html`<div ref=${place}><${MovieRow} id="alike" title=${title} movies=${data?.movies}
    more=${data && !data.byTaste ? browse({ genre: genres.join(","), sort: "top-rated" }) : null} /></div>`;
}

const People = ({ label, names }) => names?.length ? html`<div><dt>${label}</dt><dd>${names.map((name, i) => html`${i ? ", " : ""}<a key=${name} href=${browse({ q: name })}>${name}</a>`)}</dd></div>` : null;

function language(code) {
  if (!code || code.length > 3) return code;
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

export default function MoviePage({ params }) {
  const session = useStore((state) => state.session);
  const id = Number(params.id);
  const { data, error, loading, retry } = useLoaded((signal) => get(`/movies/${id}`, null, signal), [id]);
  const standing = useStanding(id);
  const movie = data ?? known(id);
  useTitle(movie ? `${movie.title}${movie.year ? ` (${movie.year})` : ""}` : error ? "Film not found" : "Film");

  if (error && (error.status === 404 || error.status === 422)) {
    return html`<div class="wrap"><h1 class="hidden" tabindex="-1">Film not found</h1><${Nothing} icon="search" title="We do not know this film">
      <p>Its number may be mistyped, or it is not in the catalogue.</p><p class="note-actions"><a class="button" href="/browse">Browse films</a></p><//></div>`;
  }
  if (!movie) {
    return html`<div class="wrap">${error ? html`<h1 class="hidden" tabindex="-1">Film</h1><${Failure} error=${error} retry=${retry} />`
      : html`<div class="film skeleton" aria-busy="true"><div class="film-poster"><span class="poster"></span></div><div class="film-words"><span class="bar tall"></span><span class="bar"></span><span class="bar short"></span></div></div>`}</div>`;
  }
  const facts = [movie.year, movie.runtime && `${Math.floor(movie.runtime / 60) ? `${Math.floor(movie.runtime / 60)} h ` : ""}${movie.runtime % 60} min`, language(movie.language)].filter(Boolean);
  return html`<article class="film-page">
    <div class="film-back"><${Backdrop} movie=${movie} /></div>
    <div class="wrap">
      <div class="film">
        <div class="film-poster"><${Poster} movie=${movie} eager /></div>
        <div class="film-words">
          <h1 tabindex="-1">${movie.title}</h1>
          ${data?.original_title && data.original_title !== movie.title && html`<p class="original">${data.original_title}</p>`}
          <p class="facts">${facts.join(" · ")}</p>
          ${data?.tagline && html`<p class="tagline">${data.tagline}</p>`}
          <p class="genres">${movie.genres.map((genre) => html`<a key=${genre} class="chip" href=${browse({ genre })}>${genre}</a>`)}</p>
          ${error && html`<${Failure} error=${error} retry=${retry} />`}
          ${data?.overview && html`<p class="overview">${data.overview}</p>`}
          ${loading && !data ? html`<div aria-hidden="true" class="skeleton"><span class="bar"></span><span class="bar"></span><span class="bar short"></span></div>` : html`<dl class="credits">
            <${People} label=${data?.directors?.length > 1 ? "Directors" : "Director"} names=${data?.directors} />
            <${People} label="Cast" names=${data?.cast} />
            ${data?.keywords?.length > 0 && html`<div><dt>Themes</dt><dd>${data.keywords.slice(0, 12).join(", ")}</dd></div>`}
          </dl>`}
          ${data?.imdb_url && html`<p><a class="outside" href=${data.imdb_url} target="_blank" rel="noopener noreferrer">More on IMDb<span class="hidden"> (opens in a new tab)</span> ↗</a></p>`}
        </div>
        <aside class="film-side" aria-label="Ratings">
          <div class="everyone"><span class="everyone-mean">${movie.rating_mean ? movie.rating_mean.toFixed(1) : "–"}</span>
            <span class="everyone-words">${movie.rating_mean ? html`<span class="meter" role="img" aria-label=${`Average ${movie.rating_mean.toFixed(1)} of 5 stars`}><i ref=${(bar) => bar?.style.setProperty("width", `${movie.rating_mean * 20}%`)}></i></span>` : null}
              <span>${movie.rating_count ? countOf(movie.rating_count, "rating") : "No ratings yet"}</span></span>
            ${data?.rating_histogram.length > 0 && html`<${Histogram} counts=${data.rating_histogram} />`}</div>
          <${Mine} movie=${movie} standing=${standing} />
        </aside>
      </div>
      ${session !== "out" && html`<${Why} movie=${movie} standing=${standing} />`}
      <${Alike} movie=${movie} />
    </div>
  </article>`;
}
