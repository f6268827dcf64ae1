// What is wished of suggestions beyond the dials, in a sheet over the page.

import { Icon } from "../page.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { GenreChips } from "./listing.js";
import { dialsOf, listOf } from "./suggesting.js";

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
export function FilterSheet({ wish, apply, close }) {
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
        <button type="button" class="button quiet" onClick=${() => (setProblem(null), setDraft(dialsOf(draft)))}>Clear</button></p>
    </form>
  </dialog>`;
}
