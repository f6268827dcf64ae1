// How the service is doing.

import { getOps, Loaded, number, OpsPage, percent, State, Tile, took, usePolled, when } from "../../components/ops.js";
import { countOf, Nothing } from "../../page.js";
import { html } from "../../vendor/preact.js";

const DAYS = 60;
const DAY_MS = 86_400_000;

/** Ratings on each of the sixty days up to the latest that has any. */
function Days({ days }) {
  const given = new Map(days.map(({ day, ratings }) => [day, ratings]));
  const last = Date.parse(days.at(-1).day);
  const bars = Array.from({ length: DAYS }, (_, i) => new Date(last - (DAYS - 1 - i) * DAY_MS).toISOString().slice(0, 10)).map((day) => [day, given.get(day) ?? 0]);
  const most = Math.max(...bars.map(([, count]) => count));
  const sum = bars.reduce((all, [, count]) => all + count, 0);
  return html`<div class="ops-panel"><div class="ops-bars" role="img" aria-label=${`Ratings a day: ${sum} in ${DAYS} days, ${most} at most.`}>
    ${bars.map(([day, count]) => html`<i key=${day} title=${`${day}: ${number(count)}`} ref=${(bar) => bar?.style.setProperty("height", `${(100 * count) / most}%`)}></i>`)}</div>
    <div class="ops-ends"><span>${bars[0][0]}</span><span>${countOf(sum, "rating")}, ${number(most)} on the busiest day</span><span>${bars.at(-1)[0]}</span></div></div>`;
}

function Overview({ now }) {
  const { last_run: run, export: exported, coverage } = now;
  const doing = now.request && ["queued", "running"].includes(now.request.state);
  return html`
    ${doing && html`<p class="ops-panel" role="status"><${State} state=${now.request.state} /> ${now.request.stage === "all" ? "A whole run" : `The stage “${now.request.stage}”`} was asked for at ${when(now.request.requested_at)}. <a href="/ops/runs">See the runs</a></p>`}
    ${!run ? html`<${Nothing} icon="filter" title="No run yet"><p>The first run trains a model and writes everybody’s suggestions.</p><p class="note-actions"><a class="button" href="/ops/runs">To the runs</a></p><//>` : html`
    <dl class="ops-tiles">
      <${Tile} name="Last run" value=${run.state}>${when(run.started_at)}, ${took(run)}${run.error && html`<span class="ops-bad"> ${run.error}</span>`}<//>
      <${Tile} name="Ratings" value=${number(exported?.rows ?? null)}>by ${number(now.people)} people, as of the last export<//>
      <${Tile} name="People with fresh suggestions" value=${coverage ? percent(coverage.up_to_date ? coverage.people : 0, coverage.of_people) : "–"}>
        ${coverage && (coverage.up_to_date ? `${number(coverage.people)} of ${number(coverage.of_people)} who have rated, when the job wrote them` : "Another model is current since the job wrote them: they are computed anew when asked for.")}<//>
      <${Tile} name="Films that are suggested" value=${coverage ? percent(coverage.movies, coverage.of_movies) : "–"}>${coverage && `${number(coverage.movies)} of ${number(coverage.of_movies)} appear in somebody’s list`}<//>
    </dl>`}
    ${now.days.length > 0 && html`<h2>Ratings a day</h2><${Days} days=${now.days} />`}
    <h2>Served now</h2>
    <dl class="ops-tiles">
      <${Tile} name="Model" value=${now.model_version ? html`<a href=${`/ops/models?version=${now.model_version}`}>${now.model_version}</a>` : "none"} />
      <${Tile} name="Catalogue" value=${now.catalogue_version ?? "none"} />
    </dl>`;
}

export default function OverviewPage() {
  return html`<${OpsPage} title="Overview">${() => html`<${Inside} />`}<//>`;
}

function Inside() {
  const loaded = usePolled((signal) => getOps("overview", null, signal), [], (now) => now.last_run?.state === "running" || ["queued", "running"].includes(now.request?.state));
  return html`<${Loaded} of=${loaded}>${(now) => html`<${Overview} now=${now} />`}<//>`;
}
