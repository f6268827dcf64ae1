// Everything that I have rated: search, sort, filter. The address holds the whole state.

import { MoreOf, useEndless } from "../components/listing.js";
import { rateOrRemove, Stars, useStars } from "../components/movie-card.js";
import { Poster } from "../components/poster.js";
import { countOf, Failure, Icon, MyPages, navigate, Nothing, starsAloud, useTitle } from "../page.js";
import { get, learn, peek, triedOut, useStore } from "../store.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";

const SORTS = [
  ["newest", "Newest first"],
  ["oldest", "Oldest first"],
  ["highest", "Best first"],
  ["lowest", "Worst first"],
  ["title", "Title"],
  ["film-newest", "Newest films first"],
  ["film-oldest", "Oldest films first"],
];
const FIELDS = ["q", "sort", "stars", "genre"];
const TYPING_MS = 280;
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

const ORDERS = {
  newest: (one, other) => other.at - one.at,
  oldest: (one, other) => one.at - other.at,
  highest: (one, other) => other.value - one.value || other.at - one.at,
  lowest: (one, other) => one.value - other.value || other.at - one.at,
  title: (one, other) => one.movie.title.localeCompare(other.movie.title),
  "film-newest": (one, other) => (other.movie.year ?? 0) - (one.movie.year ?? 0),
  "film-oldest": (one, other) => (one.movie.year ?? 9999) - (other.movie.year ?? 9999),
};

/** What was rated without an account, as the API would answer it. */
function loadTried({ q, stars, genre, sort }) {
  const all = triedOut("ratings");
  const words = (q ?? "").toLowerCase();
  const wanted = (stars ?? "").split(",").filter(Boolean).map(Number);
  const genres = new Map();
  for (const { movie } of all) for (const name of movie.genres) genres.set(name, (genres.get(name) ?? 0) + 1);
  const items = all.filter(({ movie, value }) => (!wanted.length || wanted.includes(value)) && movie.title.toLowerCase().includes(words) && (!genre || movie.genres.includes(genre)));
  return {
    items: items.sort(ORDERS[sort] ?? ORDERS.newest).map(({ movie, value, at }) => ({ movie, stars: value, rated_at: at })),
    next_cursor: null,
    total: items.length,
    genres: [...genres].sort().map(([name, count]) => ({ name, count })),
  };
}

/** The same list with some fields changed; a field of "" goes away. */
function change(query, fields) {
  const all = { ...Object.fromEntries(query), ...fields };
  const next = new URLSearchParams(FIELDS.filter((name) => all[name]).map((name) => [name, all[name]]));
  const text = next.toString().replaceAll("%2C", ",");
  navigate(text ? `/my/ratings?${text}` : "/my/ratings", { replace: true });
}

/** How I rate; each bar shows only the films with its stars. */
function Spread({ query }) {
  const count = useStore((state) => state.ratings.size);
  const changes = useStore((state) => state.tasteChanges);
  const { bars, mean } = useMemo(() => {
    const stars = [...peek().ratings.values()];
    const counts = Array.from({ length: 10 }, (_, i) => stars.filter((one) => one === (i + 1) / 2).length);
    return { bars: counts, mean: stars.reduce((sum, one) => sum + one, 0) / stars.length };
  }, [count, changes]);
  const most = Math.max(...bars, 1);
  const chosen = (query.get("stars") ?? "").split(",").filter(Boolean).map(Number);
  const press = (stars) => change(query, { stars: (chosen.includes(stars) ? chosen.filter((one) => one !== stars) : [...chosen, stars]).sort().join(",") });
  return html`<figure class="spread"><figcaption><b>${mean.toFixed(1)}</b> your average</figcaption>
    <div class=${`spread-bars ${chosen.length ? "chosen" : ""}`} role="group" aria-label="How you rate: press a bar to see only its films">
      ${bars.map((bar, i) => {
        const stars = (i + 1) / 2;
        const words = `${starsAloud(stars)}: ${countOf(bar, "film")}`;
        return html`<button type="button" key=${i} title=${words} aria-label=${words} aria-pressed=${chosen.includes(stars) ? "true" : "false"} onClick=${() => press(stars)}>
          <i ref=${(it) => it?.style.setProperty("height", `${Math.max(3, (bar / most) * 100)}%`)}></i></button>`;
      })}</div>
    <div class="spread-ends" aria-hidden="true"><span>½</span><span>★★★★★</span></div></figure>`;
}

function Search({ query }) {
  const inAddress = query.get("q") ?? "";
  const [text, setText] = useState(inAddress);
  const sent = useRef(inAddress);
  const latest = useRef(query);
  latest.current = query;
  useEffect(() => {
    const typing = setTimeout(() => {
      if (text.trim() === sent.current) return;
      sent.current = text.trim();
      change(latest.current, { q: sent.current });
    }, TYPING_MS);
    return () => clearTimeout(typing);
  }, [text]);
  useEffect(() => {
    if (inAddress === sent.current) return; // what was typed has arrived
    sent.current = inAddress;
    setText(inAddress);
  }, [inAddress]);
  return html`<label class="search-field"><span class="hidden">Search your ratings</span><${Icon} name="search" />
    <input type="search" name="q" value=${text} onInput=${({ target }) => setText(target.value)} placeholder="Title, director or actor" autocomplete="off" maxlength="100" /></label>`;
}

function Tools({ query, genres }) {
  const genre = query.get("genre") ?? "";
  return html`<div class="filters-main list-tools" role="search">
    <${Search} query=${query} />
    <label class="sort-field"><span class="hidden">Genre</span>
      <select value=${genre} onChange=${({ target }) => change(query, { genre: target.value })}>
        <option value="">All genres</option>
        ${genres.map(({ name, count }) => html`<option key=${name} value=${name}>${name} (${count})</option>`)}
        ${genre && !genres.some(({ name }) => name === genre) && html`<option value=${genre}>${genre}</option>`}
      </select></label>
    <label class="sort-field"><span class="hidden">Sort by</span>
      <select value=${query.get("sort") ?? "newest"} onChange=${({ target }) => change(query, { sort: target.value === "newest" ? "" : target.value })}>
        ${SORTS.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}</select></label>
  </div>`;
}

function Rated({ item }) {
  const { movie } = item;
  const stars = useStars(movie);
  return html`<li class=${`rated ${stars === null ? "is-gone" : ""}`} data-movie=${movie.movie_id}>
    <a class="rated-poster" href=${`/movie/${movie.movie_id}`} tabindex="-1" aria-hidden="true"><${Poster} movie=${movie} /></a>
    <div class="rated-words"><a href=${`/movie/${movie.movie_id}`}>${movie.title}</a>
      <span>${[movie.year, movie.genres.slice(0, 2).join(", ")].filter(Boolean).join(" · ")}</span>
      <span>${stars === null ? "Removed" : html`Rated <time datetime=${new Date(item.rated_at).toISOString()}>${day.format(item.rated_at)}</time>`}</span></div>
    <${Stars} movie=${movie} value=${stars} onRate=${rateOrRemove(movie)} />
  </li>`;
}

export default function MyRatings({ entry }) {
  useTitle("My ratings");
  const { query } = entry;
  const filters = Object.fromEntries(FIELDS.map((name) => [name, query.get(name)]));
  const filtered = Boolean(filters.q || filters.stars || filters.genre);
  const count = useStore((state) => state.ratings.size);
  const list = useEndless(JSON.stringify(filters), async (cursor, signal) => {
    const page = peek().session === "in" ? await get("/me/ratings", { ...filters, limit: 40, cursor }, signal) : loadTried(filters);
    learn(page.items.map(({ movie }) => movie));
    return page;
  }, { keep: entry.cause === "pop" });
  const genres = useRef([]);
  genres.current = list.extra?.genres ?? genres.current;
  const clear = () => change(new URLSearchParams({ sort: filters.sort ?? "" }), {});
  return html`<div class="wrap narrow">
    <div class="page-head"><h1 tabindex="-1">My ratings</h1>
      <p class="count" role="status">${filtered && list.total !== null ? `${list.total.toLocaleString("en")} of ${countOf(count, "film")}` : countOf(count, "film")}
        ${filtered && html` <button type="button" class="text-button" onClick=${clear}>Show all</button>`}</p>
      <${MyPages} here=${entry.path} /></div>
    ${count > 0 && html`<${Spread} query=${query} />`}
    ${(count > 0 || filtered) && html`<${Tools} query=${query} genres=${genres.current} />`}
    ${list.error && !list.items ? html`<${Failure} error=${list.error} retry=${list.restart} />`
      : !list.items ? html`<ul class="rated-list" aria-hidden="true">${[1, 2, 3, 4, 5, 6].map((i) => html`<li class="rated skeleton" key=${i}><span class="rated-poster"></span><span class="bar"></span></li>`)}</ul>`
      : list.items.length === 0 && filtered ? html`<${Nothing} title="None of your ratings match"><p>Try fewer words, other stars or another genre.</p>
          <p class="note-actions"><button type="button" class="button quiet" onClick=${clear}>Show all</button></p><//>`
      : list.items.length === 0 ? html`<${Nothing} icon="rate" title="No ratings yet"><p>Each film you rate makes the next suggestion better.</p>
          <p class="note-actions"><a class="button" href="/rate">Rate films</a><a class="button quiet" href="/my/data">Bring them from elsewhere</a></p><//>`
      : html`<ul class="rated-list">${list.items.map((item) => html`<${Rated} key=${item.movie.movie_id} item=${item} />`)}</ul>`}
    <${MoreOf} list=${list} what="ratings" />
  </div>`;
}
