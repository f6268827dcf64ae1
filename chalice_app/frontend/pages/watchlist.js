// What I want to see, and what I have set aside.

import { MoreOf, useEndless } from "../components/listing.js";
import { AsideButton, GridSkeleton, MovieCard } from "../components/movie-card.js";
import { countOf, Failure, navigate, Nothing, useTitle } from "../page.js";
import { get, learn, peek, triedOut, useStore } from "../store.js";
import { html } from "../vendor/preact.js";

/** A page of marks of a kind, with the account or tried out in this browser. */
async function load(kind, cursor, signal) {
  if (peek().session === "in") return get("/me/marks", { kind, limit: 60, cursor }, signal);
  return { items: triedOut("marks").filter(({ value }) => value === kind).reverse(), next_cursor: null };
}

const KINDS = { watchlist: "Watchlist", not_interested: "Not interested" };

function Kept({ movie, kind }) {
  const now = useStore((state) => state.marks.get(movie.movie_id) ?? null);
  return html`<div class=${`kept ${now === kind ? "" : "is-gone"}`}><${MovieCard} movie=${movie} />
    ${kind === "not_interested" && html`<${AsideButton} movie=${movie} wide />`}</div>`;
}

export default function Watchlist({ entry }) {
  const kind = entry.query.get("kind") === "not_interested" ? "not_interested" : "watchlist";
  useTitle(KINDS[kind]);
  const counted = useStore((state) => [...state.marks.values()].filter((mark) => mark === kind).length);
  const list = useEndless(kind, async (cursor, signal) => {
    const page = await load(kind, cursor, signal);
    learn(page.items.map(({ movie }) => movie));
    return page;
  }, { keep: entry.cause === "pop" });
  return html`<div class="wrap">
    <div class="page-head"><h1 tabindex="-1">${KINDS[kind]}</h1><p class="count" role="status">${countOf(counted, "film")}</p>
      <div class="switch" role="group" aria-label="Which list">${Object.entries(KINDS).map(([value, name]) => html`<button key=${value} type="button"
        aria-pressed=${kind === value ? "true" : "false"} onClick=${() => navigate(value === "watchlist" ? "/my/watchlist" : `/my/watchlist?kind=${value}`, { replace: true })}>${name}</button>`)}</div></div>
    ${list.error && !list.items ? html`<${Failure} error=${list.error} retry=${list.restart} />`
      : !list.items ? html`<${GridSkeleton} />`
      : list.items.length === 0 ? html`<${Nothing} icon="bookmark" title=${kind === "watchlist" ? "Nothing to watch yet" : "You have set nothing aside"}>
          <p>${kind === "watchlist" ? "Press the bookmark on any poster to keep a film for later." : "Films that you say you are not interested in are listed here, and never suggested."}</p>
          <p class="note-actions"><a class="button" href="/">See your suggestions</a></p><//>`
      : html`<div class="grid">${list.items.map(({ movie }) => html`<${Kept} key=${movie.movie_id} movie=${movie} kind=${kind} />`)}</div>`}
    <${MoreOf} list=${list} />
  </div>`;
}
