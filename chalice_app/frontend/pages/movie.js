// One film.

import { getMovie, listMovies, listSimilar } from "../api.js";
import { countOf, Failure, Nothing, useLoaded, useNearby, useTitle } from "../components/base.js";
import { AsideButton, MovieRow, rateOrRemove, useStars, WatchlistButton } from "../components/movie-card.js";
import { Histogram } from "../components/histogram.js";
import { Backdrop, Poster } from "../components/poster.js";
import { Stars, starsAloud } from "../components/stars.js";
import { loadPrediction } from "../mine.js";
import { known, learn, useStore } from "../store.js";
import { html } from "../vendor/preact.js";

const browse = (fields) => `/browse?${new URLSearchParams(fields)}`;

function Mine({ movie }) {
  const session = useStore((state) => state.session);
  const changes = useStore((state) => state.tasteChanges);
  const stars = useStars(movie);
  const { data: predicted } = useLoaded((signal) => (stars ? Promise.resolve(null) : loadPrediction(movie.movie_id, signal)), [session, movie.movie_id, changes]);
  return html`<section class="mine" aria-label="Your stars">
    <p class="mine-label">${stars ? html`You gave it <b>${starsAloud(stars)}</b>` : "Your stars"}</p>
    <${Stars} movie=${movie} value=${stars} onRate=${rateOrRemove(movie)} size="big" />
    ${!stars && html`<p class="mine-guess">${predicted ? html`Our guess for you: <b>${predicted.toFixed(1)}</b>` : " "}</p>`}
    <div class="mine-acts"><${WatchlistButton} movie=${movie} wide /><${AsideButton} movie=${movie} wide /></div>
  </section>`;
}

const FEW = 4; // similar films that are too few for a row: then others of the same genres say more

/** What the same people like; for a film that few have liked, the best of its genres. */
function Alike({ movie }) {
  const [place, near] = useNearby("200px");
  const genres = movie.genres.slice(0, 2);
  const { data, error } = useLoaded(async (signal) => {
    if (!near) return null;
    const { items: similar } = await listSimilar(movie.movie_id, signal);
    const byTaste = similar.length >= FEW;
    if (!byTaste && !genres.length) return { movies: [] };
    const { items } = byTaste ? { items: similar } : await listMovies({ genre: genres.join(","), sort: "top-rated", limit: 19 }, signal);
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
  const id = Number(params.id);
  const { data, error, loading, retry } = useLoaded((signal) => getMovie(id, signal), [id]);
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
          <${Mine} movie=${movie} />
        </aside>
      </div>
      <${Alike} movie=${movie} />
    </div>
  </article>`;
}
