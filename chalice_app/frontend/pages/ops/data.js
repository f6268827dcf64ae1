// What the batch job has exported, to download.

import { changeOps, getOps, Loaded, number, OpsPage, Table, when } from "../../components/ops.js";
import { countOf, Nothing, useLoaded } from "../../page.js";
import { notify } from "../../store.js";
import { html } from "../../vendor/preact.js";

async function download(run, name) {
  try {
    const { url } = await changeOps("POST", `exports/${run}/parts/${name}`);
    location.assign(url);
  } catch (error) {
    notify(`${name} cannot be downloaded. ${error.message}`, { tone: "bad" });
  }
}

const Export = ({ one, open }) => html`<details class="ops-panel" open=${open}>
  <summary><b>${one.run_id}</b><small>${countOf(one.rows, "rating")}</small><small>${when(one.earliest)} to ${when(one.latest)}</small></summary>
  <${Table} label=${`Files of ${one.run_id}`} rows=${one.parts} keyOf=${(part) => part.name} columns=${[
    ["File", (part) => part.name], ["Ratings", (part) => number(part.rows), true],
    ["Download", (part) => html`<button type="button" class="button quiet small" aria-label=${`Download ${part.name} of ${one.run_id}`} onClick=${() => download(one.run_id, part.name)}>Download</button>`, true]]} />
</details>`;

function Inside() {
  const loaded = useLoaded((signal) => getOps("exports", null, signal), []);
  return html`<p>Each run exports all ratings as Parquet: who, which film, how many stars, when. They are personal data: who downloads one is on record.</p>
    <h2>Exports</h2>
    <${Loaded} of=${loaded}>${({ items }) => items.length === 0 ? html`<${Nothing} icon="filter" title="No export yet"><p>A run makes one.</p><//>`
      : items.map((one, i) => html`<${Export} key=${one.run_id} one=${one} open=${i === 0} />`)}<//>`;
}

export default function DataPage() {
  return html`<${OpsPage} title="Data">${() => html`<${Inside} />`}<//>`;
}
