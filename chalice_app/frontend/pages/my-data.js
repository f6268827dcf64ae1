// Bringing ratings from elsewhere, and taking them away again.

import { countOf, Icon, MyPages, starText, useTitle } from "../page.js";
import { get, mark, notify, refreshLibrary, request, withQuery } from "../store.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const LARGEST_MB = 4;
const FIRST_ROWS = 20; // of what was not found, before "Show all"
const FOUND = 6;
const TYPING_MS = 280;
const SOURCES = { letterboxd: "Letterboxd", imdb: "IMDb", movielens: "MovieLens", here: "Matinee" };
const GUIDES = [
  ["Letterboxd", html`<p>On letterboxd.com open <b>Settings → Data</b> and press <b>Export your data</b>. Give us the ZIP as it is: it holds your ratings, your diary and your watchlist.</p>`],
  ["IMDb", html`<p>On imdb.com open <b>Your ratings</b>, press the three dots and then <b>Export</b>. When it is ready you find the CSV file under <b>Exports</b>.</p>`],
  ["MovieLens", html`<p>On movielens.org open <b>your profile → Settings</b> and press <b>Export</b> for your ratings. The lines of one person in <b>ratings.csv</b> of a MovieLens data set can be read, too.</p>`],
  ["Matinee", html`<p>The CSV file that you take away below can be brought back, here or to another Matinee.</p>`],
];

const importFile = (file, name, dryRun) => request("POST", withQuery("/me/imports", { name: name.slice(-200), dry_run: dryRun }), { file });
const csv = (rows) => rows.map((row) => row.map((cell) => `"${String(cell ?? "").replaceAll('"', '""')}"`).join(",")).join("\r\n") + "\r\n";
const isoOf = (milliseconds) => (milliseconds === null ? "" : new Date(milliseconds).toISOString());
const today = () => new Date().toISOString().slice(0, 10);

/** Hand a text to the browser as a file to keep. */
function save(text, type, name) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** What is wrong with a file that need not be sent to know it, or null. */
function objection(file) {
  if (file.size === 0) return "This file is empty: export it again.";
  if (file.size > LARGEST_MB * 2 ** 20) return `This file is larger than ${LARGEST_MB} MB: pack it as ZIP, or bring it in parts.`;
  if (!/\.(csv|zip|tsv|txt)$/i.test(file.name)) return "Choose a CSV file or a ZIP: other kinds of file cannot be read.";
  return null;
}

/** Imports take time and may be tried only so often, so the words say when it goes on. */
const sentence = (error) => error.message + (error.retryAfter ? ` You can try again in ${Math.ceil(error.retryAfter / 60)} min.` : "");

function Drop({ onFile, busy }) {
  const [over, setOver] = useState(false);
  const take = (event) => {
    event.preventDefault();
    setOver(false);
    if (!busy && event.dataTransfer.files[0]) onFile(event.dataTransfer.files[0]);
  };
  const drag = (event) => {
    event.preventDefault();
    setOver(true);
  };
  const choose = ({ target }) => {
    if (target.files[0]) onFile(target.files[0]);
    target.value = ""; // so that the same file can be chosen again
  };
  return html`<label class=${`drop ${over ? "over" : ""}`} onDragOver=${drag} onDragLeave=${() => setOver(false)} onDrop=${take}>
    <input type="file" class="hidden" accept=".csv,.zip,.tsv,.txt" disabled=${busy} onChange=${choose} />
    <b>${busy ? "Reading your file…" : "Choose a file"}</b><span>or drop it here: a CSV file or a ZIP, at most ${LARGEST_MB}\u00a0MB</span></label>`;
}

/** Find the film that a row means, by hand. */
function Finder({ row, onPick, onClose }) {
  const [text, setText] = useState(row.title);
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const field = useRef(null);
  useEffect(() => field.current.select(), []);
  useEffect(() => {
    const stop = new AbortController();
    const typing = setTimeout(async () => {
      if (!text.trim()) return setFound(null);
      try {
        setFound((await get("/movies", { q: text.trim(), limit: FOUND }, stop.signal)).items);
        setError(null);
      } catch (problem) {
        if (!stop.signal.aborted) setError(problem);
      }
    }, found || error ? TYPING_MS : 0);
    return () => {
      clearTimeout(typing);
      stop.abort();
    };
  }, [text]);
  const onKeyDown = (event) => event.key === "Escape" && onClose();
  return html`<div class="finder" onKeyDown=${onKeyDown}>
    <input type="search" ref=${field} value=${text} maxlength="100" aria-label=${`Search the film for ${row.title}`} onInput=${({ target }) => setText(target.value)} />
    <button type="button" class="text-button" onClick=${onClose}>Cancel</button>
    <div role="status">${error ? html`<p class="field-problem">${error.message}</p>`
      : found?.length === 0 ? html`<p class="field-hint">We have no film like that. Try its original title, or fewer words.</p>`
      : html`<ul>${(found ?? []).map((movie) => html`<li key=${movie.movie_id}><button type="button" class="chip" onClick=${() => onPick(movie)}>${movie.title}${movie.year ? ` (${movie.year})` : ""}</button></li>`)}</ul>`}</div>
  </div>`;
}

const mayBePicked = (row) => row.list === "watchlist" || row.stars !== null;

function Missing({ row, picked, onPick }) {
  const [open, setOpen] = useState(false);
  const opener = useRef(null);
  const close = () => {
    setOpen(false);
    setTimeout(() => opener.current?.focus());
  };
  const pick = (movie) => {
    onPick(movie);
    close();
  };
  return html`<li class="missing"><div><b>${row.title}${row.year ? ` (${row.year})` : ""}</b> ${row.stars !== null && html`<span class="because-stars" role="img" aria-label=${`${row.stars} stars`}>${starText(row.stars)}</span>`}
      ${row.list === "watchlist" && html`<span class="plot-note">watchlist</span>`}
      <p>${picked ? html`Will be taken as <b>${picked.title}${picked.year ? ` (${picked.year})` : ""}</b>.` : row.reason}</p></div>
    ${mayBePicked(row) && !open && html`<button type="button" ref=${opener} class="text-button" onClick=${() => (picked ? pick(null) : setOpen(true))}>${picked ? "Undo" : "Find it"}<span class="hidden"> (${row.title})</span></button>`}
    ${open && html`<${Finder} row=${row} onPick=${pick} onClose=${close} />`}</li>`;
}

function NotFound({ rows, picks, onPick }) {
  const [all, setAll] = useState(false);
  const download = () => save(csv([["title", "year", "stars", "rated_at", "list", "reason"], ...rows.map((row) => [row.title, row.year, row.stars, isoOf(row.rated_at), row.list, row.reason])]),
    "text/csv;charset=utf-8", `not-found-${today()}.csv`);
  return html`<section class="not-matched" aria-labelledby="not-matched"><div class="section-head"><h2 id="not-matched">Not found: ${rows.length.toLocaleString("en")}</h2>
      <button type="button" class="text-button" onClick=${download}>Keep this list as CSV</button></div>
    <ul>${rows.slice(0, all ? rows.length : FIRST_ROWS).map((row) => html`<${Missing} key=${row.id} row=${row} picked=${picks.get(row) ?? null} onPick=${(movie) => onPick(row, movie)} />`)}</ul>
    ${!all && rows.length > FIRST_ROWS && html`<button type="button" class="button quiet" onClick=${() => setAll(true)}>Show all ${rows.length.toLocaleString("en")}</button>`}
  </section>`;
}

const Count = ({ count, one, many, note }) => count > 0 && html`<div><dt>${count === 1 ? one : (many ?? one)}${note ? html` <small>${note}</small>` : null}</dt><dd>${count.toLocaleString("en")}</dd></div>`;

const Counts = ({ report }) => html`<dl class="summary">
  <${Count} count=${report.new} one="new rating" many="new ratings" />
  <${Count} count=${report.changed} one="rating changes" many="ratings change" note="the file has a newer one" />
  <${Count} count=${report.unchanged} one="stays as it is" many="stay as they are" />
  <${Count} count=${report.duplicates_resolved} one="rated twice" many="rated more than once" note="the newest counts" />
  <${Count} count=${report.watchlist.new} one="film for your watchlist" many="films for your watchlist" />
</dl>`;

/** The ratings that were matched by hand, as a file of our own form, so that each keeps its day. */
const fileOf = (picks) => new TextEncoder().encode(csv([["imdb_id", "title", "year", "stars", "rated_at"],
  ...picks.map(([row, movie]) => [`tt${String(movie.movie_id).padStart(7, "0")}`, movie.title, movie.year, row.stars, isoOf(row.rated_at)])]));

function Import() {
  const [file, setFile] = useState(null); // { name, bytes }
  const [report, setReport] = useState(null);
  const [rows, setRows] = useState([]);
  const [picks, setPicks] = useState(new Map());
  const [done, setDone] = useState(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const head = useRef(null);

  const attempt = async (act, again = null) => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      setProblem({ text: sentence(error), again: error.status === 422 || error.status === 413 ? null : again });
    } finally {
      setBusy(false);
    }
  };
  const show = () => setTimeout(() => head.current?.focus());

  const choose = (chosen) => {
    const wrong = objection(chosen);
    for (const [set, nothing] of [[setReport, null], [setDone, null], [setRows, []], [setPicks, new Map()]]) set(nothing);
    setFile({ name: chosen.name });
    if (wrong) return setProblem({ text: wrong });
    return attempt(async () => {
      const bytes = await chosen.arrayBuffer().catch(() => {
        throw new Error("Your browser could not read this file. Choose it again.");
      });
      const found = await importFile(bytes, chosen.name, true);
      setFile({ name: chosen.name, bytes });
      setReport(found);
      setRows(found.unmatched.map((row, id) => ({ ...row, id })));
      show();
    }, () => choose(chosen));
  };
  const pick = (row, movie) => setPicks((before) => {
    const next = new Map(before);
    if (movie) next.set(row, movie);
    else next.delete(row);
    return next;
  });
  const begin = () => {
    for (const [set, nothing] of [[setFile, null], [setReport, null], [setDone, null], [setRows, []], [setPicks, new Map()], [setProblem, null]]) set(nothing);
  };

  const picked = [...picks].filter(([row]) => row.list === "ratings");
  const wished = [...picks].filter(([row]) => row.list === "watchlist");
  const ratings = (done ? 0 : (report?.new ?? 0) + (report?.changed ?? 0)) + picked.length;
  const wishes = (done ? 0 : (report?.watchlist.new ?? 0)) + wished.length;
  const what = [ratings && countOf(ratings, "rating"), wishes && `${countOf(wishes, "film")} for the watchlist`].filter(Boolean).join(" and ");

  const commit = () => attempt(async () => {
    const sums = done ?? { ratings: 0, wishes: 0 };
    const taken = { ...sums };
    if (!done) {
      const kept = await importFile(file.bytes, file.name, false);
      taken.ratings += kept.new + kept.changed;
      taken.wishes += kept.watchlist.new;
      setDone({ ...taken });
    }
    if (picked.length) {
      const kept = await importFile(fileOf(picked), "picked.csv", false);
      taken.ratings += kept.new + kept.changed;
    }
    const kept = await Promise.all(wished.map(([, movie]) => mark(movie, "watchlist")));
    taken.wishes += kept.filter(Boolean).length;
    setRows((before) => before.filter((row) => !picks.has(row)));
    setPicks(new Map());
    setDone(taken);
    await refreshLibrary().catch(() => notify("Your ratings are in. Load the page again to see them everywhere."));
    show();
  });

  return html`<section aria-labelledby="bring"><h2 id="bring">Bring your ratings</h2>
    <p class="data-lead">From Letterboxd, IMDb or MovieLens. You see what would change first; nothing is kept before you say so.</p>
    ${!report && html`<${Drop} onFile=${choose} busy=${busy} />`}
    ${problem && html`<div class="form-problem" role="alert">${file && html`<b>${file.name}</b>: `}${problem.text} ${problem.again && html`<button type="button" class="text-button" onClick=${problem.again}>Try again</button>`}</div>`}
    ${report && html`<div class="report">
      <h3 tabindex="-1" ref=${head}>${done ? "All done" : `What “${file.name}” would change`}</h3>
      ${done ? html`<p role="status"><${Icon} name="check" /> ${[done.ratings && `${countOf(done.ratings, "rating")} imported`, done.wishes && `${countOf(done.wishes, "film")} added to your watchlist`].filter(Boolean).join(", ") || "Nothing was new"}. Your suggestions follow at once.</p>`
        : html`<p>${SOURCES[report.source]}: ${countOf(report.read, "rating")} read, ${report.matched.toLocaleString("en")} found here.</p><${Counts} report=${report} />
          ${!what && html`<p>There is nothing to import: all of it is here already.</p>`}`}
      <p class="note-actions data-actions">${what && html`<button type="button" class="button" disabled=${busy} onClick=${commit}>${busy ? "Importing…" : `Import ${what}`}</button>`}
        ${done && html`<a class="button" href="/">See your suggestions</a><a class="button quiet" href="/my/ratings">See your ratings</a>`}
        <button type="button" class="button quiet" disabled=${busy} onClick=${begin}>${done ? "Import another file" : "Choose another file"}</button></p>
      ${rows.length > 0 && html`<${NotFound} rows=${rows} picks=${picks} onPick=${pick} />`}
    </div>`}
    ${!report && html`<h3>How to get your file</h3>${GUIDES.map(([name, how]) => html`<details class="guide" key=${name}><summary>${name}</summary>${how}</details>`)}`}
  </section>`;
}

function Export() {
  const [busy, setBusy] = useState(null);
  const take = (format, type) => async () => {
    setBusy(format);
    try {
      save(await request("GET", withQuery("/me/export", { format }), { asText: true }), type, `matinee-${format === "csv" ? "ratings" : "data"}-${today()}.${format}`);
    } catch (error) {
      notify(`Your data could not be fetched. ${error.message}`, { tone: "bad", action: { label: "Try again", run: take(format, type) } });
    } finally {
      setBusy(null);
    }
  };
  return html`<section aria-labelledby="take"><h2 id="take">Take your data with you</h2>
    <p class="data-lead">Your ratings as a table that spreadsheets and other services read, or all that is kept about you.</p>
    <p class="note-actions data-actions">
      <button type="button" class="button quiet" disabled=${busy} onClick=${take("csv", "text/csv;charset=utf-8")}>${busy === "csv" ? "Fetching…" : "Ratings as CSV"}</button>
      <button type="button" class="button quiet" disabled=${busy} onClick=${take("json", "application/json")}>${busy === "json" ? "Fetching…" : "Everything as JSON"}</button></p>
    <p class="plot-note">To change or close your account, go to <a href="/my/account">your account</a>.</p></section>`;
}

export default function MyData({ entry }) {
  useTitle("Import and export");
  return html`<div class="wrap narrow">
    <div class="page-head"><h1 tabindex="-1">Your data</h1><${MyPages} here=${entry.path} /></div>
    <div class="my-data"><${Import} /><${Export} /></div>
  </div>`;
}
