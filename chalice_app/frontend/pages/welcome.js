// Home for a stranger: an invitation, and films to look at.

import { MovieRow } from "../components/movie-card.js";
import { Poster } from "../components/poster.js";
import { Failure, navigate, SuggestionStrip, useLoaded, useNearby, useTitle } from "../page.js";
import { get, learn, useStore } from "../store.js";
import { html } from "../vendor/preact.js";

const shelf = (query) => async (signal) => {
  const { items } = await get("/movies", { limit: 18, ...query }, signal);
  learn(items);
  return items;
};

function Wall({ movies }) {
  const columns = [0, 1, 2, 3].map((column) => (movies ?? Array(12).fill(null)).slice(0, 12).filter((_, i) => i % 4 === column));
  return html`<div class="wall" aria-hidden="true">${columns.map((column, i) => html`<div key=${i} class="wall-column">
    ${column.map((movie, k) => html`<div class="wall-poster" key=${k}>${movie && html`<${Poster} movie=${movie} eager />`}</div>`)}</div>`)}</div>`;
}

function LateShelf({ id, title, more, query }) {
  const [place, near] = useNearby("60px");
  return html`<div ref=${place} class="late-shelf">${near ? html`<${Shelf} id=${id} title=${title} more=${more} query=${query} />`
    : html`<${MovieRow} id=${id} title=${title} more=${more} movies=${null} />`}</div>`;
}

function Shelf({ id, title, more, query }) {
  const { data, error, retry } = useLoaded(shelf(query), [id]);
  if (error) return html`<section class="shelf"><div class="shelf-head"><h2>${title}</h2></div><${Failure} error=${error} retry=${retry} /></section>`;
  return html`<${MovieRow} id=${id} title=${title} more=${more} movies=${data} />`;
}

const day = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });

/** What is rated more than usual in the latest days of the data; not there where those say too little. */
function Trending() {
  const [place, near] = useNearby("60px");
  const { data, error } = useLoaded(async (signal) => {
    if (!near) return null;
    const trending = await get("/movies/trending", { limit: 18 }, signal);
    learn(trending.items);
    return trending;
  }, [near]);
  if (error || data?.items.length === 0 || data?.basis === "popular") return null;
  const why = data && `More often rated than usual between ${day.format(new Date(data.first_day))} and ${day.format(new Date(data.last_day))}.`;
  return html`<div ref=${place} class="late-shelf"><${MovieRow} id="trending" title="Trending" why=${why} movies=${data?.items} /></div>`;
}

export default function Welcome() {
  useTitle("");
  const rated = useStore((state) => state.ratings.size > 0);
  const { data, error, retry } = useLoaded(shelf({ sort: "popular" }), []);
  return html`
    <section class="welcome"><div class="welcome-in">
      <div class="welcome-words">
        <h1 tabindex="-1">What to watch<br /><em>next.</em></h1>
        <p>Give a few films their stars. Matinee learns what moves you and answers at once, with films you will love and the reason for each.</p>
        <p class="welcome-actions"><a class="button large" href="/start">Start rating</a> <a class="button large quiet" href="/browse">Look around</a></p>
        <ul class="welcome-points"><li><b>Half stars</b> because a 3.5 is not a 4</li><li><b>At once</b> each rating renews your list</li><li><b>Yours</b> no adverts, open source</li></ul>
      </div>
      <${Wall} movies=${data} />
    </div></section>
    <div class="wrap shelves">
      ${error ? html`<${Failure} error=${error} retry=${retry} />` : html`
        <${MovieRow} id="popular" title="Most watched" more="/browse" movies=${data} />
        <${Trending} />
        <${LateShelf} id="top" title="Top rated" more="/browse?sort=top-rated" query=${{ sort: "top-rated" }} />
        <${LateShelf} id="recent" title="Newest" more="/browse?sort=recent" query=${{ sort: "recent" }} />`}
      ${rated && html`<${SuggestionStrip} onAll=${() => navigate("/", { replace: true })} />`}
    </div>`;
}
