// Every film: search, sort, filter. The address holds the whole state.

import { listMovies } from "../api.js";
import { countOf, Failure, Icon, Nothing, useTitle } from "../components/base.js";
import { MoreOf, useEndless } from "../components/endless.js";
import { GenreChips } from "../components/genre-chips.js";
import { GridSkeleton, MovieCard } from "../components/movie-card.js";
import { navigate } from "../router.js";
import { learn } from "../store.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const SORTS = [
  ["popular", "Most watched"],
  ["top-rated", "Top rated"],
  ["recent", "Newest"],
  ["old", "Oldest"],
  ["unpopular", "Least watched"],
  ["low-rated", "Lowest rated"],
];
const FIELDS = ["q", "sort", "genre", "exclude_genre", "year_from", "year_to"];
const TYPING_MS = 280;

const listOf = (query, name) => (query.get(name) ?? "").split(",").filter(Boolean);

/** Go to this list with some fields changed; a field of "" goes away. */
function change(query, fields, { replace = false } = {}) {
  const next = new URLSearchParams();
  const all = { ...Object.fromEntries(query), ...fields };
  for (const name of FIELDS) if (all[name]) next.set(name, all[name]);
  const text = next.toString().replaceAll("%2C", ",");
  navigate(text ? `/browse?${text}` : "/browse", { replace });
}

/** A field that follows the address, and changes it a moment after the last key. */
function Typed({ query, name, valid = () => true, ...attributes }) {
  const inAddress = query.get(name) ?? "";
  const [text, setText] = useState(inAddress);
  const timer = useRef(0);
  const sent = useRef(inAddress);
  const now = useRef(query);
  now.current = query;
  useEffect(() => {
    if (inAddress === sent.current) return;
    sent.current = inAddress;
    setText(inAddress);
  }, [inAddress]);
  const send = (value) => {
    clearTimeout(timer.current);
    if (value.trim() === sent.current || !valid(value)) return;
    sent.current = value.trim();
    change(now.current, { [name]: value.trim() }, { replace: true });
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const onInput = ({ target: { value } }) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => send(value), TYPING_MS);
  };
  return html`<input ...${attributes} name=${name} value=${text} onInput=${onInput} onKeyDown=${(event) => event.key === "Enter" && send(text)} />`;
}

const isYear = (value) => value === "" || /^(18|19|20)\d\d$/.test(value);

export default function Browse({ entry }) {
  const { query } = entry;
  const text = query.get("q") ?? "";
  const sort = query.get("sort") ?? (text ? "" : "popular");
  const filters = Object.fromEntries(FIELDS.map((name) => [name, query.get(name)]));
  const key = JSON.stringify(filters);
  const list = useEndless(key, async (cursor, signal) => {
    const page = await listMovies({ ...filters, limit: 36, cursor }, signal);
    learn(page.items);
    return page;
  });
  useTitle(text ? `“${text}”` : "Browse films");
  const filtered = ["genre", "exclude_genre", "year_from", "year_to"].filter((name) => query.get(name)).length;
  const [open, setOpen] = useState(filtered > 0);

  return html`<div class="wrap browse">
    <div class="page-head"><h1 tabindex="-1">Browse</h1>
      <p class="count" role="status">${list.total === null ? " " : countOf(list.total, "film")}</p></div>
    <div class="filters" role="search">
      <div class="filters-main">
        <label class="search-field"><span class="hidden">Search films and people</span><${Icon} name="search" />
          <${Typed} query=${query} name="q" type="search" placeholder="Title, director or actor" autocomplete="off" maxlength="100" /></label>
        <label class="sort-field"><span class="hidden">Sort by</span>
          <select value=${sort} onChange=${(event) => change(query, { sort: event.target.value })}>
            ${text && html`<option value="">Best match</option>`}
            ${SORTS.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}
          </select></label>
        <button type="button" class="button quiet filter-toggle" aria-expanded=${open ? "true" : "false"} aria-controls="more-filters" onClick=${() => setOpen(!open)}>
          <${Icon} name="filter" />Filters${filtered ? html` <span class="badge">${filtered}</span>` : null}</button>
      </div>
      <div id="more-filters" class=${`filters-more ${open ? "open" : ""}`}>
        <${GenreChips} wanted=${listOf(query, "genre")} unwanted=${listOf(query, "exclude_genre")}
          change=${(wanted, unwanted) => change(query, { genre: wanted.join(","), exclude_genre: unwanted.join(",") })} />
        <div class="years"><span>Years</span>
          <${Typed} query=${query} name="year_from" inputmode="numeric" maxlength="4" size="4" placeholder="from" aria-label="From year" valid=${isYear} />
          <span aria-hidden="true">–</span>
          <${Typed} query=${query} name="year_to" inputmode="numeric" maxlength="4" size="4" placeholder="to" aria-label="To year" valid=${isYear} />
          ${(filtered > 0 || text) && html`<button type="button" class="text-button" onClick=${() => change(new URLSearchParams(), {})}>Clear all</button>`}
        </div>
      </div>
    </div>
    ${list.error && !list.items ? html`<${Failure} error=${list.error} retry=${list.restart} />`
      : !list.items ? html`<${GridSkeleton} count=${18} />`
      : list.items.length === 0 ? html`<${Nothing} title="No film matches all of that">
          <p>Try fewer words or filters${text ? ", or check the spelling" : ""}.</p>
          <p class="note-actions"><button type="button" class="button quiet" onClick=${() => change(new URLSearchParams(), {})}>Clear everything</button></p><//>`
      : html`<div class="grid">${list.items.map((movie) => html`<${MovieCard} key=${movie.movie_id} movie=${movie} />`)}</div>`}
    <${MoreOf} list=${list} />
  </div>`;
}
