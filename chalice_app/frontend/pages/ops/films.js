// Looking a film up: what people gave it, and what the current model knows of it.

import { Histogram } from "../../components/movie-card.js";
import { getOps, Loaded, number, OpsPage, Table, Tile } from "../../components/ops.js";
import { navigate, Nothing, useLoaded } from "../../page.js";
import { get } from "../../store.js";
import { html } from "../../vendor/preact.js";

const tag = (id) => `tt${String(id).padStart(7, "0")}`;

function Film({ id }) {
  const loaded = useLoaded((signal) => getOps(`films/${encodeURIComponent(id)}`, null, signal), [id]);
  return html`<${Loaded} of=${loaded}>${({ movie, model_version: version, likes, suggestible }) => html`
    <h2>${movie.title}${movie.year && ` (${movie.year})`}</h2>
    <p class="facts">${movie.genres.join(", ")} · ${tag(movie.movie_id)} · <a href=${`/movie/${movie.movie_id}`}>See the film’s page</a></p>
    <dl class="ops-tiles">
      <${Tile} name="Average" value=${number(movie.rating_mean, 2)}>as of the last run<//>
      <${Tile} name="Ratings" value=${number(movie.rating_count)} />
      <${Tile} name="Likes the model learnt from" value=${number(likes)}>${!version ? "There is no model yet." : likes === null ? "The model does not know this film." : `Model ${version}`}<//>
      <${Tile} name="Can be suggested" value=${suggestible ? "yes" : "no"} />
    </dl>
    ${movie.rating_histogram.length > 0 && html`<h2>Who gave what</h2><div class="ops-panel"><${Histogram} counts=${movie.rating_histogram} /></div>`}`}<//>`;
}

function Found({ q }) {
  const loaded = useLoaded((signal) => get("/movies", { q, limit: 20 }, signal), [q]);
  return html`<${Loaded} of=${loaded}>${({ items, total }) => items.length === 0 ? html`<${Nothing} title="No such film"><p>Try fewer words, or the IMDb number.</p><//>` : html`
    <p class="facts" role="status">${number(total)} found</p>
    <${Table} label="Films" rows=${items} keyOf=${(movie) => movie.movie_id} columns=${[
      ["Film", (movie) => html`<a href=${`/ops/films?id=${movie.movie_id}`}>${movie.title}</a>`], ["Year", (movie) => movie.year ?? "–", true],
      ["Ratings", (movie) => number(movie.rating_count), true], ["Average", (movie) => number(movie.rating_mean, 2), true], ["Id", (movie) => tag(movie.movie_id), true]]} />`}<//>`;
}

export default function FilmsPage({ entry }) {
  const q = entry.query.get("q");
  const id = entry.query.get("id");
  const find = (event) => {
    event.preventDefault();
    const words = new FormData(event.target).get("q").trim();
    const numbered = /^(tt)?0*(\d{1,10})$/.exec(words);
    // “1984” and “2001” are titles, too.
    if (numbered && (numbered[1] || numbered[2].length > 4)) navigate(`/ops/films?id=${numbered[2]}`);
    else navigate(words ? `/ops/films?q=${encodeURIComponent(words)}` : "/ops/films");
  };
  return html`<${OpsPage} title="Films">${() => html`
    <form class="ops-row" role="search" onSubmit=${find}><label class="grow">Title, people or IMDb number <input name="q" key=${q} defaultValue=${q ?? ""} autocomplete="off" maxlength="100" /></label><button class="button">Find</button></form>
    ${id ? html`<${Film} key=${id} id=${id} />` : q ? html`<${Found} key=${q} q=${q} />` : html`<${Nothing} title="Look a film up"><p>By title, people or IMDb number.</p><//>`}`}<//>`;
}
