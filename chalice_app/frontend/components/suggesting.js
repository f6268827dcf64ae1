// Suggestions as a person wishes for them, which follow every rating without moving from under a pointer
// or the focus.

import { recall, remember } from "../page.js";
import { learn, peek, useStore } from "../store.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";

const PAGE = 24;
const MOST = 100;
export const REST_MS = 700; // after a rating, before the list moves: time to see what was given

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const rowOf = (element) => element?.closest("[data-row]")?.dataset.row;
const idOf = ({ movie }) => movie.movie_id;

/** The card under a keyboard user's focus, and the row that it or the pointer is on. */
function heldIn(box) {
  const focused = document.activeElement;
  const card = focused?.matches(":focus-visible") && box?.contains(focused) ? focused.closest("[data-movie]") : null;
  return { row: rowOf(card ?? box?.querySelector("[data-row]:hover")), movie: card ? Number(card.dataset.movie) : null };
}

/** Cards glide from where they were to where they are; rows stay turned, and the one that is held where it is. */
function useGlide(list) {
  const box = useRef(null);
  const before = useRef(null);
  const all = (what) => [...(box.current?.querySelectorAll(what) ?? [])];
  const topOf = (key) => all("[data-row]").find((row) => row.dataset.row === key)?.getBoundingClientRect().top;
  useLayoutEffect(() => {
    const { places, held, top, turned } = before.current ?? {};
    before.current = null;
    if (!places) return;
    const now = topOf(held);
    if (now !== undefined && now !== top) window.scrollBy({ top: now - top, behavior: "instant" });
    // The browser would turn a row to wherever the card at its edge has gone.
    for (const row of all(".row")) row.scrollLeft = turned.get(rowOf(row)) ?? 0;
    if (!places.size || calm.matches) return;
    for (const card of all("[data-movie]")) {
      const [was, is] = [places.get(card.dataset.movie), card.getBoundingClientRect()];
      if (is.top > innerHeight || is.bottom < 0) continue;
      if (!was) card.animate([{ opacity: 0, transform: "scale(.94)" }, {}], { duration: 320, easing: "ease-out" });
      else if (was.left !== is.left || was.top !== is.top)
        card.animate([{ transform: `translate(${was.left - is.left}px, ${was.top - is.top}px)` }, {}], { duration: 380, easing: "cubic-bezier(.2,.8,.2,1)" });
    }
  }, [list]);
  const notePlaces = (held, same) => {
    before.current = {
      held,
      top: topOf(held),
      turned: new Map(same ? all(".row").map((row) => [rowOf(row), row.scrollLeft]) : []),
      places: new Map(all("[data-movie]").map((card) => [card.dataset.movie, card.getBoundingClientRect()])),
    };
  };
  return [box, notePlaces];
}

/** Fresh rows in the order of those before them. A row that is held stays, and so does a card in its place.
 *
 * Answers the rows, and the movie that is there only for the focus.
 */
function settled(old, fresh, held) {
  const byKey = new Map(fresh.map((row) => [row.key, row]));
  const oldKeys = new Set(old.map(({ key }) => key));
  const taken = new Set(fresh.flatMap(({ items }) => items.map(idOf)));
  const { ratings, marks } = peek();
  const leftover = (row) => ({ ...row, items: row.items.filter((one) => !taken.has(idOf(one)) && !ratings.has(idOf(one)) && !marks.has(idOf(one))) });
  const rows = old.filter(({ key }) => byKey.has(key) || key === held.row).map((row) => byKey.get(row.key) ?? leftover(row));
  fresh.forEach((row, i) => {
    if (!oldKeys.has(row.key)) rows.splice(i ? rows.findIndex(({ key }) => key === fresh[i - 1].key) + 1 : 0, 0, row);
  });
  const from = old.find(({ key }) => key === held.row);
  const place = from?.items.findIndex((one) => idOf(one) === held.movie) ?? -1;
  const withCard = rows.map((row) => {
    if (place < 0) return row;
    const items = row.items.filter((one) => idOf(one) !== held.movie);
    return { ...row, items: row.key === held.row ? [...items.slice(0, place), from.items[place], ...items.slice(place)] : items };
  });
  const stays = place < 0 || byKey.get(held.row)?.items.some((one) => idOf(one) === held.movie);
  return { rows: withCard.filter(({ items }) => items.length), kept: stays ? null : held.movie };
}

/** `load(cursor, limit)` answers `{ rows, milliseconds, source, next_cursor }`, rows with a `key` and `items`.
 *
 * They are loaded anew when `key` changes and after each rating and mark.
 */
export function useSuggestions(key, load) {
  const changes = useStore((state) => state.tasteChanges);
  const left = () => {
    const kept = recall("suggestions");
    return kept?.key === key ? kept : null;
  };
  const [list, setList] = useState(left);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const latest = useRef(list);
  const wanted = useRef(key);
  const turn = useRef(0);
  const [box, notePlaces] = useGlide(list);
  wanted.current = key;

  const put = (next, held) => {
    notePlaces(held, latest.current?.key === next.key);
    latest.current = next;
    remember("suggestions", next);
    setList(next);
  };

  const read = async (cursor, limit) => {
    const mine = ++turn.current;
    const overtaken = () => mine !== turn.current || wanted.current !== key;
    setBusy(true);
    setError(null);
    try {
      const page = await load(cursor, limit);
      if (overtaken()) return;
      for (const { items } of page.rows) learn(items.map(({ movie }) => movie));
      const same = latest.current?.key === key;
      const held = heldIn(box.current);
      let { rows, kept = null } = same && !cursor ? settled(latest.current.rows, page.rows, held) : page;
      if (cursor) {
        const seen = new Set(latest.current.rows[0].items.map(idOf));
        rows = [{ ...rows[0], items: [...latest.current.rows[0].items, ...rows[0].items.filter((one) => !seen.has(idOf(one)))] }];
      }
      put({ ...page, key, rows, kept, changes: peek().tasteChanges }, same ? held.row : undefined);
    } catch (problem) {
      if (overtaken()) return;
      if (problem.status === 410 && cursor) return void read(null, PAGE);
      setError(problem);
    } finally {
      if (mine === turn.current) setBusy(false);
    }
  };
  const refresh = () => {
    const shown = latest.current?.key === key ? latest.current.rows[0]?.items.length : 0;
    return read(null, Math.min(MOST, Math.max(PAGE, shown ?? 0)));
  };

  useEffect(() => {
    if (latest.current?.key !== key && left()) {
      latest.current = left();
      setList(latest.current);
      setError(null);
    }
    const same = latest.current?.key === key;
    if (same && latest.current.changes === changes) {
      turn.current += 1;
      setBusy(false);
      return undefined;
    }
    const wait = setTimeout(refresh, same ? REST_MS : 0);
    return () => clearTimeout(wait);
  }, [key, changes]);

  // What was kept only for the focus goes once the focus has gone.
  const onFocusOut = ({ relatedTarget, target }) => {
    const card = target.closest("[data-movie]");
    const { kept } = latest.current ?? {};
    if (!card || card.contains(relatedTarget) || Number(card.dataset.movie) !== kept) return;
    setTimeout(() => {
      if (latest.current.kept !== kept) return;
      const rows = latest.current.rows.map((row) => ({ ...row, items: row.items.filter((one) => idOf(one) !== kept) }));
      put({ ...latest.current, kept: null, rows: rows.filter(({ items }) => items.length) });
    }, 60);
  };

  return { list, error, busy, refresh, more: () => read(list.next_cursor, PAGE), box, onFocusOut };
}

const SOURCES = { fresh: "from all that you have told us", stored: "from your ratings so far", popular: "well-loved films to begin with" };

/** How long the list took, and from what. */
export const Updated = ({ list, busy }) => html`<p class="updated" role="status" data-source=${list.source}>${busy ? "Updating…"
  : html`Updated in <b>${list.milliseconds < 10 ? list.milliseconds.toFixed(1) : Math.round(list.milliseconds)} ms</b>, ${SOURCES[list.source] ?? ""}`}</p>`;

// ---- what is wished for: how adventurous, in which order, through which filters ----------------

export const FILTERS = ["genre", "exclude_genre", "year_from", "year_to", "runtime_from", "runtime_to", "least_ratings"];
const FIELDS = ["adventure", "order", ...FILTERS];

const placeOf = () => `matinee:wish:${peek().account?.person_id}`;
const only = (names, wish) => Object.fromEntries(names.filter((name) => wish[name]).map((name) => [name, String(wish[name])]));

/** What the person wished for last, in this browser: texts by field, those that are as usual left out. */
export function rememberedWish() {
  try {
    return only(FIELDS, JSON.parse(localStorage.getItem(placeOf())) ?? {});
  } catch {
    return {}; // not of our making
  }
}

export function rememberWish(wish) {
  const kept = only(FIELDS, wish);
  if (Object.keys(kept).length) localStorage.setItem(placeOf(), JSON.stringify(kept));
  else localStorage.removeItem(placeOf());
}

export const listOf = (text) => (text ?? "").split(",").filter(Boolean);
export const wishOf = (query) => only(FIELDS, Object.fromEntries(query));
export const dialsOf = ({ adventure, order }) => only(FIELDS, { adventure, order });

/** The address at which all that a wish asks for is listed. */
export function addressOf(wish) {
  const text = new URLSearchParams(only(FIELDS, wish)).toString().replaceAll("%2C", ",");
  return text ? `/for-you?${text}` : "/for-you";
}

const WORDS = [
  ["well known", "The films you are most likely to enjoy next, well known or not."],
  ["a little adventurous", "Fewer films that everybody knows."],
  ["adventurous", "Fewer films that everybody knows. In our tests, hardly fewer of these were liked."],
  ["very adventurous", "Mostly films that few know."],
  ["most adventurous", "Films that few know, before all. In our tests, about a third fewer of these were liked."],
];
const BY_STARS = "Our highest guesses come first. In our tests, about half as many of these were liked.";

/** `change(fields)` is called with what becomes of `adventure` and `order`; "" is as usual. */
export function Dials({ wish, change }) {
  const kept = wish.adventure ?? "0";
  const [draft, setDraft] = useState(null); // until the wish has caught up with what the hand does
  useEffect(() => setDraft((now) => (now === kept ? null : now)), [kept]);
  const byStars = wish.order === "predicted";
  const [word, hint] = WORDS[Math.min(4, Math.max(0, Math.round(Number(draft ?? kept) * 4) || 0))];
  const order = (value, name) => html`<button type="button" aria-pressed=${(wish.order ?? "") === value ? "true" : "false"} onClick=${() => change({ order: value })}>${name}</button>`;
  return html`<div class="dials">
    <div class="dial"><span aria-hidden="true">Well known</span>
      <input type="range" min="0" max="1" step="0.25" value=${draft ?? kept} disabled=${byStars} aria-label="Adventure" aria-valuetext=${word} aria-describedby="dials-hint"
        onInput=${({ target }) => setDraft(target.value === kept ? null : target.value)} onChange=${({ target }) => change({ adventure: Number(target.value) ? target.value : "" })} />
      <span aria-hidden="true">Adventurous</span></div>
    <div class="switch" role="group" aria-label="Order">${order("", "Best for you")}${order("predicted", "By predicted stars")}</div>
    <p class="dials-hint" id="dials-hint">${byStars ? BY_STARS : hint}
      ${(wish.adventure || wish.order) && html` <button type="button" class="text-button" onClick=${() => (setDraft(null), change({ adventure: "", order: "" }))}>Reset</button>`}</p>
  </div>`;
}
