// What the operator's screens share: their frame, tables, states, confirmation, and looking again while a job runs.

import { Failure, Nothing, useEntry, useLoaded, useTitle } from "../page.js";
import { get, notify, request, useStore } from "../store.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

// Only these pages need these styles. Without them a page is plain, but works.
await new Promise((done) => {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("../styles/ops.css", import.meta.url), onload: done, onerror: done });
  document.head.append(link);
});

export const getOps = (what, query, signal) => get(`/ops/${what}`, query, signal);
export const changeOps = (method, what, body) => request(method, `/ops/${what}`, { body });

const POLL_MS = 2000;
const SCREENS = [["/ops", "Overview"], ["/ops/runs", "Runs"], ["/ops/models", "Models"], ["/ops/data", "Data"], ["/ops/people", "People"], ["/ops/films", "Films"], ["/ops/cost", "Cost"]];
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export const when = (ms) => (ms === null ? "–" : html`<time datetime=${new Date(ms).toISOString()}>${moment.format(ms)}</time>`);
export const number = (value, digits = 0) => (value === null || value === undefined ? "–" : value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits }));
export const percent = (part, whole) => (whole ? `${number((100 * part) / whole, part === whole ? 0 : 1)} %` : "–");
const duration = (ms) => (ms < 90_000 ? `${number(Math.max(0, ms) / 1000, 1)} s` : `${number(ms / 60_000, 1)} min`);
/** How long stages of a run took; one that has not ended counts as long as the run is at work. */
export const took = (run, stages = run.stages) => {
  const parts = stages.filter((stage) => stage.finished_at || run.state === "running");
  return parts.length ? duration(parts.reduce((sum, stage) => sum + (stage.finished_at ?? Date.now()) - stage.started_at, 0)) : "–";
};
export const dollars = (value) => `${value < 0 ? "−" : ""}$${number(Math.abs(value), value !== 0 && Math.abs(value) < 0.1 ? 4 : 2)}`;

const TONES = { finished: "good", current: "good", failed: "bad", refused: "bad", running: "busy", queued: "busy" };
export const State = ({ state }) => html`<span class=${`ops-state ${TONES[state] ?? ""}`}>${state}</span>`;
export const Tile = ({ name, value, children }) => html`<div class="ops-tile"><dt>${name}</dt><dd><b>${value}</b>${children}</dd></div>`;
export const Waiting = () => html`<div class="ops-waiting" aria-busy="true"></div>`;

/** `columns` are `[name, cell, isNumber]`; on a phone each row becomes a small list with those names. */
export const Table = ({ label, columns, rows, keyOf, foot }) => html`<table class="ops-table" aria-label=${label}>
  <thead><tr>${columns.map(([name, , isNumber]) => html`<th key=${name} scope="col" class=${isNumber ? "number" : null}>${name}</th>`)}</tr></thead>
  <tbody>${rows.map((row, i) => html`<tr key=${keyOf ? keyOf(row) : i}>${columns.map(([name, cell, isNumber]) => html`<td key=${name} data-label=${name} class=${isNumber ? "number" : null}>${cell(row)}</td>`)}</tr>`)}</tbody>
  ${foot && html`<tfoot>${foot}</tfoot>`}
</table>`;

/** Load something, and again every two seconds as long as `isBusy(data)` and somebody is looking. */
export function usePolled(load, keys, isBusy) {
  const loaded = useLoaded(load, keys);
  const busy = loaded.data !== undefined && isBusy(loaded.data);
  useEffect(() => {
    if (!busy) return undefined;
    const timer = setInterval(() => document.hidden || loaded.retry(), POLL_MS);
    return () => clearInterval(timer);
  }, [busy]);
  return loaded;
}

/** The frame of every operator's screen; nobody else sees what is in it. */
export function OpsPage({ title, children }) {
  useTitle(`${title} · Operations`);
  const { path } = useEntry();
  const account = useStore((state) => state.account);
  if (!account?.operator) {
    return html`<div class="wrap"><h1 class="hidden" tabindex="-1">${title}</h1>
      <${Nothing} icon="person" title="For operators"><p>These screens are for those who run this site. Your account is not one of theirs.</p>
        <p class="note-actions"><a class="button" href="/">Go home</a></p><//></div>`;
  }
  return html`<div class="wrap ops">
    <div class="page-head"><h1 tabindex="-1">${title}</h1></div>
    <nav class="ops-nav" aria-label="Operations">${SCREENS.map(([href, name]) => html`<a key=${href} href=${href} aria-current=${path === href ? "page" : null} ref=${(link) => path === href && link?.scrollIntoView({ inline: "center", block: "nearest" })}>${name}</a>`)}</nav>
    ${children()}
  </div>`;
}

/** What was loaded, or a place for it, or why it could not be. */
export function Loaded({ of: { data, error, retry }, children }) {
  if (error) return html`<${Failure} error=${error} retry=${retry} />`;
  return data === undefined ? html`<${Waiting} />` : children(data);
}

/** Ask before doing something that matters. `deed` is `{ title, text, label, run, done }`. */
export function Confirm({ deed, close }) {
  const box = useRef(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  useEffect(() => box.current.showModal(), []);
  const act = async () => {
    setBusy(true);
    setError(null);
    try {
      await deed.run();
      if (deed.done) notify(deed.done);
      close();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return html`<dialog class="ops-dialog" ref=${box} aria-labelledby="deed-title" onClose=${close}>
    <h2 id="deed-title">${deed.title}</h2><p>${deed.text}</p>
    ${error && html`<p class="form-problem" role="alert">${error.message}</p>`}
    <p class="note-actions"><button type="button" class="button quiet" autofocus onClick=${() => box.current.close()}>Cancel</button>
      <button type="button" class="button" disabled=${busy} onClick=${act}>${busy ? "One moment…" : deed.label}</button></p>
  </dialog>`;
}

/** `[ask, dialog]`: call `ask(deed)` and put `dialog` into the page. */
export function useConfirm() {
  const [deed, setDeed] = useState(null);
  return [setDeed, deed && html`<${Confirm} deed=${deed} close=${() => setDeed(null)} />`];
}
