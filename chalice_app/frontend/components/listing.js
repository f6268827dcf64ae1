// Lists that are narrowed and go on: genres to include or exclude, and pages that come as the reader nears the
// end, or on a button.

import { countOf, Failure, recall, remember, useLoaded } from "../page.js";
import { get, Problem } from "../store.js";
import { html, useCallback, useEffect, useRef, useState } from "../vendor/preact.js";

/** Genres; `change` is called with the lists of genres `wanted` and `unwanted` from then on. */
export function GenreChips({ wanted, unwanted, change }) {
  const { data, error, retry } = useLoaded(async () => (await get("/genres")).items, []);
  if (error) return html`<p class="chips-failed">The genres could not be loaded. <button type="button" class="text-button" onClick=${retry}>Try again</button></p>`;
  const press = (name) => {
    const without = (names) => names.filter((one) => one !== name);
    if (wanted.includes(name)) change(without(wanted), [...unwanted, name]);
    else if (unwanted.includes(name)) change(wanted, without(unwanted));
    else change([...wanted, name], unwanted);
  };
  return html`<div class="chips" role="group" aria-label="Genres: press once to include, twice to exclude">
    ${(data ?? Array.from({ length: 20 }, (_, i) => ({ name: null, key: i }))).map(({ name, count, key }) => {
      if (!name) return html`<span class="chip skeleton" key=${key}></span>`;
      const state = wanted.includes(name) ? "in" : unwanted.includes(name) ? "out" : "";
      const words = { in: ", included", out: ", excluded", "": "" }[state];
      return html`<button key=${name} type="button" class=${`chip ${state}`} aria-pressed=${state === "in" ? "true" : state === "out" ? "mixed" : "false"}
        aria-label=${name + words} title=${countOf(count, "film")} onClick=${() => press(name)}><span class="chip-sign" aria-hidden="true">${{ in: "+", out: "−" }[state]}</span>${name}</button>`;
    })}
  </div>`;
}

/** Load pages of `{ items, next_cursor, total }` through `load(cursor, signal)`, anew when `key` changes.
 *
 * The list is kept with its history entry, so going back shows it as it was left. Where the server
 * says that a cursor is stale (410), the list starts over and is read again as far as it had been.
 */
export function useEndless(key, load, { keep = true } = {}) {
  const start = () => {
    const kept = keep ? recall("list") : null;
    return kept?.key === key ? kept : { key, items: null, cursor: null, total: null, extra: null };
  };
  const [list, setList] = useState(start);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const current = useRef(list);
  const stop = useRef(null);
  current.current = list.key === key ? list : start();

  const put = (next) => {
    current.current = next;
    if (keep) remember("list", next);
    setList(next);
  };

  const read = useCallback(async (restart) => {
    stop.current?.abort();
    const { signal } = (stop.current = new AbortController());
    let from = restart ? { key, items: null, cursor: null } : current.current;
    const wanted = restart ? 1 : (from.items?.length ?? 0) + 1;
    setBusy(true);
    setError(null);
    try {
      let items = from.items ?? [];
      let page;
      do {
        try {
          page = await load(from.cursor, signal);
          items = [...items, ...page.items];
        } catch (problem) {
          if (!(problem instanceof Problem) || problem.status !== 410 || !from.cursor) throw problem;
          items = [];
          page = await load(null, signal);
          items = page.items;
        }
        from = { cursor: page.next_cursor };
      } while (items.length < wanted && page.next_cursor);
      if (!signal.aborted) put({ key, items, cursor: page.next_cursor, total: page.total ?? null, extra: page });
    } catch (problem) {
      if (!signal.aborted) setError(problem);
    } finally {
      if (!signal.aborted) setBusy(false);
    }
  }, [key]);

  useEffect(() => {
    setError(null);
    if (current.current.items === null) read(false);
    else {
      setBusy(false);
      setList(current.current);
    }
    return () => stop.current?.abort();
  }, [key]);

  const shown = current.current;
  return {
    items: shown.items,
    total: shown.total,
    extra: shown.extra,
    more: shown.items !== null && shown.cursor !== null,
    busy: busy || (shown.items === null && !error),
    error,
    next: () => read(false),
    restart: () => read(true),
    edit: (change) => put({ ...current.current, ...change(current.current) }),
  };
}

/** The foot of such a list. */
export function MoreOf({ list, what = "films" }) {
  const foot = useRef(null);
  const { more, busy, error } = list;
  const next = useRef(list.next);
  next.current = list.next;
  useEffect(() => {
    if (!more || busy || error || !foot.current) return undefined;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && next.current(), { rootMargin: "700px" });
    watch.observe(foot.current);
    return () => watch.disconnect();
  }, [more, busy, error, list.items]);
  if (error && list.items) return html`<${Failure} error=${error} retry=${list.next} />`;
  if (!more) return null;
  return html`<div class="endless" ref=${foot}>
    <button type="button" class="button quiet" disabled=${busy} onClick=${list.next}>${busy ? "Loading…" : `Load more ${what}`}</button>
  </div>`;
}
