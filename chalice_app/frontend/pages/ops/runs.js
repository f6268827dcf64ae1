// Runs of the batch job: what came of them, and asking for another.

import { changeOps, getOps, Loaded, number, OpsPage, State, Table, took, usePolled, when } from "../../components/ops.js";
import { Nothing } from "../../page.js";
import { notify } from "../../store.js";
import { html, useState } from "../../vendor/preact.js";

const STAGES = [["all", "Everything, from a fresh export"], ["export", "Export the ratings"], ["train", "Train"], ["evaluate", "Evaluate"], ["publish", "Publish"], ["suggest", "Write suggestions"]];
const OF_A_RUN = STAGES.slice(2);

const words = (counts) => Object.entries(counts).map(([name, value]) => `${name.replaceAll("_", " ")} ${typeof value === "number" ? number(value, Number.isInteger(value) ? 0 : 3) : value}`).join(", ");

function Asking({ ask, busy }) {
  const [stage, setStage] = useState("all");
  const submit = (event) => {
    event.preventDefault();
    ask(stage);
  };
  return html`<form class="ops-row" onSubmit=${submit}>
    <label>Run now <select value=${stage} onChange=${({ target }) => setStage(target.value)}>${STAGES.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}</select></label>
    <button class="button" disabled=${busy}>${busy ? "At work…" : "Run"}</button></form>`;
}

const Requested = ({ request }) => html`<p class="ops-panel" role="status"><${State} state=${request.state} /> ${request.stage === "all" ? "A whole run" : `The stage “${request.stage}”`}${request.run_id && ` of ${request.run_id}`}, asked for ${when(request.requested_at)}${request.finished_at && html`, ended ${when(request.finished_at)}`}.
  ${request.error && html` <span class="ops-bad">${request.error}</span>`}</p>`;

function Run({ run, ask, busy, open }) {
  return html`<details class="ops-panel" open=${open}>
    <summary><${State} state=${run.state} /><b>${run.run_id}</b><small>${when(run.started_at)}</small><small>${took(run)}</small></summary>
    ${run.error && html`<p class="ops-bad">${run.error}</p>`}
    <${Table} label=${`Stages of ${run.run_id}`} rows=${run.stages} keyOf=${(stage) => stage.name} columns=${[
      ["Stage", (stage) => stage.name], ["Took", (stage) => took(run, [stage]), true],
      ["Counts", (stage) => html`<span>${words(stage.counts)}${stage.error && html` <span class="ops-bad">${stage.error}</span>`}</span>`]]} />
    <div class="ops-row">${OF_A_RUN.map(([stage, name]) => html`<button type="button" key=${stage} class="button quiet small" disabled=${busy} onClick=${() => ask(stage, run.run_id)}>${name} again</button>`)}</div>
  </details>`;
}

function Inside() {
  const [asking, setAsking] = useState(false);
  const atWork = ({ items, request }) => items[0]?.state === "running" || ["queued", "running"].includes(request?.state);
  const loaded = usePolled((signal) => getOps("runs", null, signal), [], atWork);
  const ask = async (stage, run) => {
    setAsking(true);
    try {
      await changeOps("POST", "runs", run ? { stage, run_id: run } : { stage });
      notify("Asked for. It begins in a moment.");
      loaded.retry();
    } catch (error) {
      notify(error.message, { tone: "bad" });
    } finally {
      setAsking(false);
    }
  };
  return html`<${Loaded} of=${loaded}>${(runs) => {
    const busy = asking || ["queued", "running"].includes(runs.request?.state);
    return html`<${Asking} ask=${ask} busy=${busy} />
      ${runs.request && html`<${Requested} request=${runs.request} />`}
      <h2>Latest runs</h2>
      ${runs.items.length === 0 ? html`<${Nothing} icon="filter" title="No run yet"><p>Run everything to train the first model.</p><//>`
        : runs.items.map((run, i) => html`<${Run} key=${run.run_id} run=${run} ask=${ask} busy=${busy} open=${i === 0} />`)}`;
  }}<//>`;
}

export default function RunsPage() {
  return html`<${OpsPage} title="Runs">${() => html`<${Inside} />`}<//>`;
}
