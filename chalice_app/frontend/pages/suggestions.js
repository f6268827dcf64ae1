// Every suggestion in one list, with filters. The address holds the whole wish.

import { listSuggestions } from "../api.js";
import { Failure, Icon, Nothing, useTitle } from "../components/base.js";
import { GenreChips } from "../components/genre-chips.js";
import { GridSkeleton, MovieCard } from "../components/movie-card.js";
import { addressOf, Dials, FILTERS, rememberedWish, rememberWish, Updated, useSuggestions, wishOf } from "../components/suggesting.js";
import { navigate } from "../router.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const listOf = (text) => (text ?? "").split(",").filter(Boolean);
const without = (wish, names) => Object.fromEntries(Object.entries(wish).filter(([name]) => !names.includes(name)));

const RANGES = [
  { name: "year", what: "Years", pattern: /^(18|19|20)\d\d$/, problem: "Give years as four digits, such as 1994.", turned: "The first year comes after the last." },
  { name: "runtime", what: "Minutes", pattern: /^[1-9]\d{0,2}$/, problem: "Give runtimes in whole minutes, 1 to 999.", turned: "The shortest runtime is longer than the longest." },
];

/** What is wrong with a draft, as `{ field, text }`, or null. */
function problemIn(draft) {
  for (const { name, pattern, problem, turned } of RANGES) {
    const [from, to] = [draft[`${name}_from`], draft[`${name}_to`]];
    if (from && !pattern.test(from)) return { field: `${name}_from`, text: problem };
    if (to && !pattern.test(to)) return { field: `${name}_to`, text: problem };
    if (from && to && Number(from) > Number(to)) return { field: `${name}_from`, text: turned };
  }
  if (draft.least_ratings && !/^\d{1,9}$/.test(draft.least_ratings)) return { field: "least_ratings", text: "Give the number of ratings as a whole number." };
  return null;
}

/** The filters in a sheet. Nothing changes before “Show films”. */
function FilterSheet({ wish, apply, close }) {
  const [draft, setDraft] = useState(wish);
  const [problem, setProblem] = useState(null);
  const sheet = useRef(null);
  useEffect(() => sheet.current.showModal(), []);
  const field = (name, label, digits, hint = "") => html`<input name=${name} value=${draft[name] ?? ""} inputmode="numeric" autocomplete="off" maxlength=${digits} placeholder=${hint} aria-label=${label}
    aria-invalid=${problem?.field === name ? "true" : null} aria-describedby=${problem?.field === name ? "sheet-problem" : null}
    onInput=${({ target: { value } }) => setDraft({ ...draft, [name]: value.trim() })} />`;
  const submit = (event) => {
    event.preventDefault();
    const found = problemIn(draft);
    setProblem(found);
    if (found) return event.target.elements[found.field].focus();
    apply(draft);
    return sheet.current.close();
  };
  return html`<dialog class="sheet" ref=${sheet} aria-labelledby="sheet-title" onClose=${close} onClick=${({ target }) => target === sheet.current && sheet.current.close()}>
    <form onSubmit=${submit} noValidate>
      <div class="sheet-head"><h2 id="sheet-title">Filters</h2>
        <button type="button" class="icon-button" aria-label="Close without changing anything" onClick=${() => sheet.current.close()}><${Icon} name="close" /></button></div>
      <p class="facts">Press a genre once to include it, twice to leave out every film of it.</p>
      <${GenreChips} wanted=${listOf(draft.genre)} unwanted=${listOf(draft.exclude_genre)}
        change=${(wanted, unwanted) => setDraft({ ...draft, genre: wanted.join(","), exclude_genre: unwanted.join(",") })} />
      ${RANGES.map(({ name, what }) => html`<div class="years" key=${name} role="group" aria-label=${what}><span>${what}</span>
        ${field(`${name}_from`, `${what}, from`, 4, "from")}<span aria-hidden="true">–</span>${field(`${name}_to`, `${what}, to`, 4, "to")}</div>`)}
      <div class="years"><span>Ratings, at least</span>${field("least_ratings", "Ratings, at least", 9)}</div>
      ${problem && html`<p class="form-problem" role="alert" id="sheet-problem">${problem.text}</p>`}
      <p class="sheet-acts"><button class="button">Show films</button>
        <button type="button" class="button quiet" onClick=${() => (setProblem(null), setDraft(without(draft, FILTERS)))}>Clear</button></p>
    </form>
  </dialog>`;
}

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
    const page = await listSuggestions({ ...wish, limit, cursor });
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
    ${open && html`<${FilterSheet} wish=${wish} apply=${(next) => go(next)} close=${() => setOpen(false)} />`}
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
