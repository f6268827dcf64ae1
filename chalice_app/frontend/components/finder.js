// Films and people as one types: the listbox under a search field (the combobox pattern of the WAI-ARIA APG).

import { countOf, Icon, navigate } from "../page.js";
import { get, learn } from "../store.js";
import { html, render } from "../vendor/preact.js";
import { Poster } from "./poster.js";

const TYPING_MS = 130;
const attached = new WeakSet();

const browse = (text) => `/browse?q=${encodeURIComponent(text)}`;

function optionsOf(text, { films, people }) {
  return [
    ...films.map((movie) => ({ href: `/movie/${movie.movie_id}`, movie })),
    ...people.map((person) => ({ href: browse(person.name), person })),
    { href: browse(text) },
  ];
}

function Option({ option, text, at, active, choose }) {
  const { movie, person } = option;
  return html`<li role="option" id=${`finder-${at}`} class="finder-option" aria-selected=${active ? "true" : "false"} onClick=${() => choose(option)}>
    ${movie ? html`<span class="finder-poster"><${Poster} movie=${movie} /></span><span class="finder-words"><b>${movie.title}</b> <span>${movie.year ?? ""}</span></span>`
      : person ? html`<span class="finder-poster"><${Icon} name="person" /></span><span class="finder-words"><b>${person.name}</b> <span>${person.best_known}</span></span>`
      : html`<span class="finder-poster"><${Icon} name="search" /></span><span class="finder-words">See all results for “${text}”</span>`}
  </li>`;
}

/** Make a field a combobox; the element after it holds the list. */
export function attach(input) {
  if (attached.has(input)) return;
  attached.add(input);
  const box = input.nextElementSibling;
  const form = input.form;
  let shown = null; // { text, options, problem }
  let active = -1;
  let timer = 0;
  let stop = new AbortController();

  const draw = () => {
    const open = shown !== null && document.activeElement === input;
    input.setAttribute("aria-expanded", open && shown.options.length ? "true" : "false");
    if (open && active >= 0) input.setAttribute("aria-activedescendant", `finder-${active}`);
    else input.removeAttribute("aria-activedescendant");
    const films = shown?.options.filter(({ movie }) => movie).length;
    const people = shown?.options.filter(({ person }) => person).length;
    const told = !open ? "" : shown.problem ?? (films + people ? `${countOf(films, "film")} and ${countOf(people, "person", "people")} found. Use the arrow keys.` : "No film or person found.");
    render(html`<p class="hidden" role="status">${told}</p>
      ${open && html`<div class="finder-list" onPointerDown=${(event) => event.preventDefault()}>
        ${(shown.problem || films + people === 0) && html`<p class="finder-note" aria-hidden="true">${shown.problem ?? "No film or person goes by that."}</p>`}
        ${shown.options.length > 0 && html`<ul role="listbox" id="finder" aria-label="Films and people">
          ${shown.options.map((option, at) => html`<${Option} key=${option.href} option=${option} text=${shown.text} at=${at} active=${at === active} choose=${choose} />`)}
        </ul>`}</div>`}`, box);
    if (open && active >= 0) box.querySelector(`#finder-${active}`)?.scrollIntoView({ block: "nearest" });
  };

  const close = () => {
    clearTimeout(timer);
    stop.abort();
    shown = null;
    active = -1;
    draw();
  };

  const choose = (option) => {
    close();
    if (form) form.reset();
    input.blur();
    navigate(option.href);
  };

  const read = async () => {
    const text = input.value.trim();
    stop.abort();
    if (!text) return close();
    stop = new AbortController();
    const { signal } = stop;
    try {
      const found = await get("/search", { q: text }, signal);
      if (signal.aborted) return undefined;
      learn(found.films);
      shown = { text, options: optionsOf(text, found) };
    } catch (error) {
      if (signal.aborted) return undefined;
      shown = { text, options: [], problem: error.message };
    }
    active = -1;
    return draw();
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(read, TYPING_MS);
  };

  input.addEventListener("input", soon);
  input.addEventListener("focus", () => input.value.trim() && soon());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const count = shown?.options.length ?? 0;
    if (event.key === "Escape" && (shown || input.value)) {
      event.preventDefault();
      if (shown) return close();
      input.value = "";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!count) return soon();
      // Past either end is the field itself, as the pattern has it.
      active = event.key === "ArrowDown" ? (active + 2) % (count + 1) - 1 : active < 0 ? count - 1 : active - 1;
      draw();
    } else if (event.key === "Enter") {
      if (active < 0) return close();
      event.preventDefault();
      event.stopPropagation();
      choose(shown.options[active]);
    }
    return undefined;
  });
  if (input.value.trim()) soon();
}
