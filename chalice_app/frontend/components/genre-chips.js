// Genres to include or exclude.

import { listGenres } from "../api.js";
import { html } from "../vendor/preact.js";
import { countOf, useLoaded } from "./base.js";

/** `change` is called with the lists of genres `wanted` and `unwanted` from then on. */
export function GenreChips({ wanted, unwanted, change }) {
  const { data, error, retry } = useLoaded(async () => (await listGenres()).items, []);
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
