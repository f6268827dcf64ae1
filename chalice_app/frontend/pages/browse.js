// Every film: search, sort, filter. The address holds the whole state.

import { GenreChips, MoreOf, useEndless } from "../components/listing.js";
import { GridSkeleton, MovieCard } from "../components/movie-card.js";
import { countOf, Failure, FinderInput, Icon, navigate, Nothing, useTitle } from "../page.js";
import { get, learn } from "../store.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const SORTS = [
  ["popular", "Most watched"],
  ["top-rated", "Top rated"],
  ["recent", "Newest"],
  ["old", "Oldest"],
  ["unpopular", "Least watched"],
  ["low-rated", "Lowest rated"],
];
const FIELDS = ["q", "sort", "genre", "exclude_genre", "year_from", "year_to", "least_ratings"];
const DECADES = [
  ["Before 1950", "", "1949"],
  ...Array.from({ length: 8 }, (_, i) => 1950 + 10 * i).map((year) => [`${year}s`, `${year}`, `${year + 9}`]),
];
const LEAST = [10, 50, 200, 1000];
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
function Typed({ query, name, valid = () => true, field = "input", ...attributes }) {
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
  return html`<${field} ...${attributes} name=${name} value=${text} onInput=${onInput} onKeyDown=${(event) => event.key === "Enter" && send(text)} />`;
}

/** Decades to press; pressing one that holds takes it away. */
function DecadeChips({ query }) {
  const [from, to] = [query.get("year_from") ?? "", query.get("year_to") ?? ""];
  return html`<div class="decades" role="group" aria-label="Decades">${DECADES.map(([name, first, last]) => {
    const on = from === first && to === last;
    return html`<button key=${name} type="button" class=${`chip ${on ? "in" : ""}`} aria-pressed=${on ? "true" : "false"}
      onClick=${() => change(query, on ? { year_from: "", year_to: "" } : { year_from: first, year_to: last })}>${name}</button>`;
  })}</div>`;
}

/** What narrows the list now, each to be taken away by itself. */
function ActiveFilters({ query }) {
  const without = (name, one) => ({ [name]: listOf(query, name).filter((other) => other !== one).join(",") });
  const [from, to] = [query.get("year_from"), query.get("year_to")];
  const decade = DECADES.find(([, first, last]) => (from ?? "") === first && (to ?? "") === last);
  const active = [
    query.get("q") && [`“${query.get("q")}”`, { q: "" }],
    ...listOf(query, "genre").map((one) => [one, without("genre", one)]),
    ...listOf(query, "exclude_genre").map((one) => [`not ${one}`, without("exclude_genre", one)]),
    (from || to) && [decade?.[0] ?? (from && to ? `${from} to ${to}` : from ? `from ${from}` : `until ${to}`), { year_from: "", year_to: "" }],
    query.get("least_ratings") && [`${query.get("least_ratings")} ratings or more`, { least_ratings: "" }],
  ].filter(Boolean);
  if (!active.length) return null;
  return html`<ul class="active-filters" aria-label="Active filters">
    ${active.map(([name, fields]) => html`<li key=${name}><button type="button" class="chip in" aria-label=${`Remove filter: ${name}`} onClick=${() => change(query, fields)}>
      ${name}<${Icon} name="close" /></button></li>`)}
    <li><button type="button" class="text-button" onClick=${() => change(new URLSearchParams(), {})}>Clear all</button></li>
  </ul>`;
}

const isYear = (value) => value === "" || /^(18|19|20)\d\d$/.test(value);

export default function Browse({ entry }) {
  const { query } = entry;
  const text = query.get("q") ?? "";
  const sort = query.get("sort") ?? (text ? "" : "popular");
  const filters = Object.fromEntries(FIELDS.map((name) => [name, query.get(name)]));
  const key = JSON.stringify(filters);
  const list = useEndless(key, async (cursor, signal) => {
    const page = await get("/movies", { ...filters, limit: 36, cursor }, signal);
    learn(page.items);
    return page;
  });
  useTitle(text ? `“${text}”` : "Browse films");
  const filtered = ["genre", "exclude_genre", "year_from", "year_to", "least_ratings"].filter((name) => query.get(name)).length;
  const [open, setOpen] = useState(filtered > 0);

  return html`<div class="wrap browse">
    <div class="page-head"><h1 tabindex="-1">Browse</h1>
      <p class="count" role="status">${list.total === null ? " " : countOf(list.total, "film")}</p></div>
    <div class="filters" role="search">
      <div class="filters-main">
        <div class="search-field"><${Icon} name="search" />
          <${Typed} query=${query} name="q" field=${FinderInput} placeholder="Title, director or actor" maxlength="100" /></div>
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
        <${DecadeChips} query=${query} />
        <div class="years"><span>Years</span>
          <${Typed} query=${query} name="year_from" inputmode="numeric" maxlength="4" size="4" placeholder="from" aria-label="From year" valid=${isYear} />
          <span aria-hidden="true">–</span>
          <${Typed} query=${query} name="year_to" inputmode="numeric" maxlength="4" size="4" placeholder="to" aria-label="To year" valid=${isYear} />
          <label><span class="hidden">Least number of ratings</span><select value=${query.get("least_ratings") ?? ""} onChange=${(event) => change(query, { least_ratings: event.target.value })}>
            <option value="">Any number of ratings</option>
            ${LEAST.map((count) => html`<option key=${count} value=${count}>${count.toLocaleString("en")} ratings or more</option>`)}
          </select></label>
        </div>
      </div>
      <${ActiveFilters} query=${query} />
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
