// Every suggestion in one list, with filters. The address holds the whole wish.

import { GridSkeleton, MovieCard } from "../components/movie-card.js";
import { addressOf, Dials, FILTERS, listOf, rememberedWish, rememberWish, Updated, useSuggestions, wishOf } from "../components/suggesting.js";
import { Failure, Icon, Later, navigate, Nothing, useTitle } from "../page.js";
import { get } from "../store.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const without = (wish, names) => Object.fromEntries(Object.entries(wish).filter(([name]) => !names.includes(name)));

const loadSheet = () => import("../components/filter-sheet.js").then(({ FilterSheet }) => FilterSheet);

/** Each filter in words, with the wish that is left without it. */
function filtersIn(wish) {
  const found = [];
  for (const [name, sign] of [["genre", ""], ["exclude_genre", "not "]])
    for (const genre of listOf(wish[name])) found.push([sign + genre, { ...wish, [name]: listOf(wish[name]).filter((one) => one !== genre).join(",") }]);
  for (const [name, unit] of [["year", ""], ["runtime", " min"]]) {
    const [from, to] = [wish[`${name}_from`], wish[`${name}_to`]];
    const words = from && to ? `${from}–${to}` : from ? `from ${from}` : `to ${to}`;
    if (from || to) found.push([words + unit, without(wish, [`${name}_from`, `${name}_to`])]);
  }
  if (wish.least_ratings) found.push([`${wish.least_ratings} ratings or more`, without(wish, ["least_ratings"])]);
  return found;
}

export default function AllSuggestions({ entry }) {
  useTitle("Suggestions");
  const wish = wishOf(entry.query);
  const key = addressOf(wish);
  const [open, setOpen] = useState(false);
  const opener = useRef(null);
  const first = useRef(true);
  const filters = filtersIn(wish);
  const go = (next, how) => addressOf(next) !== key && navigate(addressOf(next), how);
  const { list, error, busy, refresh, more, box, onFocusOut } = useSuggestions(key, async (cursor, limit) => {
    const page = await get("/me/suggestions", { ...wish, limit, cursor });
    return { ...page, rows: [{ key: "all", items: page.items }] };
  });
  useEffect(() => {
    // An address that asks for nothing takes up where the person left off; one that somebody sent is not kept.
    const left = addressOf(rememberedWish());
    if (!first.current) rememberWish(wish);
    else if (entry.cause !== "pop" && key === "/for-you" && left !== key) navigate(left, { replace: true });
    first.current = false;
  }, [key]);

  const items = list?.rows[0]?.items ?? [];
  return html`<div class="wrap" ref=${box} onFocusOut=${onFocusOut}>
    <div class="page-head"><h1 tabindex="-1">All for you</h1><a class="more-link" href="/">In rows</a></div>
    <${Dials} wish=${wish} change=${(fields) => go({ ...wish, ...fields }, { replace: true })} />
    <div class="wish-filters" role="group" aria-label="Filters">
      <button type="button" class="button quiet" ref=${opener} aria-haspopup="dialog" onClick=${() => setOpen(true)}><${Icon} name="filter" />Filters</button>
      ${filters.map(([words, next]) => html`<button type="button" class="chip in" key=${words} aria-label=${`Remove the filter: ${words}`}
        onClick=${() => (opener.current.focus(), go(next))}>${words}<${Icon} name="close" /></button>`)}
      ${filters.length > 1 && html`<button type="button" class="text-button" onClick=${() => (opener.current.focus(), go(without(wish, FILTERS)))}>Clear filters</button>`}
      ${list && html`<${Updated} list=${list} busy=${busy} />`}
    </div>
    ${open && html`<${Later} load=${loadSheet} wish=${wish} apply=${(next) => go(next)} close=${() => setOpen(false)} />`}
    ${error && html`<${Failure} error=${error} retry=${refresh} />`}
    ${!list ? !error && html`<${GridSkeleton} count=${18} />`
      : items.length ? html`<div class="grid" data-row="all" data-testid="suggestions" aria-busy=${busy ? "true" : null}>
          ${items.map((suggestion) => html`<${MovieCard} key=${suggestion.movie.movie_id} movie=${suggestion.movie} suggestion=${suggestion} />`)}</div>`
      : !error && html`<${Nothing} title=${filters.length ? "Nothing is left of all that" : "You have been through everything we would suggest"}>
          <p>${filters.length ? "No film that you have not rated fits all of these filters." : "Rate more films, or look around for something unexpected."}</p>
          <p class="note-actions">${filters.length ? html`<button type="button" class="button" onClick=${() => go(without(wish, FILTERS))}>Clear filters</button>` : html`<a class="button" href="/rate">Rate films</a>`}
            <a class="button quiet" href="/browse">Browse</a></p><//>`}
    ${list?.next_cursor && html`<div class="endless"><button type="button" class="button quiet" disabled=${busy} onClick=${more}>${busy ? "Loading…" : "More suggestions"}</button></div>`}
  </div>`;
}
