// The models there are, and which one is served.

import { ModelFigures } from "../../components/model-figures.js";
import { changeOps, getOps, Loaded, number, OpsPage, State, Table, useConfirm, when } from "../../components/ops.js";
import { Nothing, useLoaded } from "../../page.js";
import { html } from "../../vendor/preact.js";

function Card({ version }) {
  const loaded = useLoaded((signal) => getOps(`models/${encodeURIComponent(version)}`, null, signal), [version]);
  return html`<p><a href="/ops/models">All models</a></p><h2>${version}</h2><${Loaded} of=${loaded}>${(card) => html`<${ModelFigures} card=${card} />`}<//>`;
}

function List() {
  const loaded = useLoaded((signal) => getOps("models", null, signal), []);
  const [ask, dialog] = useConfirm();
  const promote = ({ version, state, reason }) => ask({
    title: "Promote this model?",
    text: `${version} will be served to everybody within 20 seconds.${state === "refused" ? ` The gate refused it: ${reason}` : ""}`,
    label: "Promote",
    done: `${version} is current now.`,
    run: () => changeOps("PUT", "models/current", { version }).then(loaded.retry),
  });
  const rollBack = (earlier) => ask({
    title: "Roll back?",
    text: `${earlier} was current before, and will be served to everybody again within 20 seconds.`,
    label: "Roll back",
    done: `${earlier} is current again.`,
    run: () => changeOps("POST", "models/rollback").then(loaded.retry),
  });
  return html`${dialog}<${Loaded} of=${loaded}>${({ items, earlier }) => items.length === 0 ? html`<${Nothing} icon="filter" title="No model yet"><p>A run trains one.</p><//>` : html`
    <div class="ops-row level"><button type="button" class="button quiet" disabled=${!earlier} onClick=${() => rollBack(earlier)}>Roll back</button>
      <span class="facts">${earlier ? `to ${earlier}` : "There is no earlier model to go back to."}</span></div>
    <${Table} label="Models" rows=${items} keyOf=${(model) => model.version} columns=${[
      ["Version", (model) => html`<span><a href=${`/ops/models?version=${model.version}`}>${model.version}</a>${model.reason && html`<small>${model.reason}</small>`}</span>`],
      ["State", (model) => html`<${State} state=${model.state} />`],
      ["Made", (model) => when(model.started_at)],
      ["Ratings", (model) => number(model.ratings), true],
      ["RMSE", (model) => number(model.rmse, 3), true],
      ["nDCG@10", (model) => number(model.ndcg10, 3), true],
      ["Popularity", (model) => number(model.popularity_ndcg10, 3), true],
      ["Change", (model) => (model.state === "current" ? "–" : html`<button type="button" class="button quiet small" aria-label=${`Promote ${model.version}`} onClick=${() => promote(model)}>Promote</button>`), true],
    ]} />`}<//>`;
}

export default function ModelsPage({ entry }) {
  const version = entry.query.get("version");
  return html`<${OpsPage} title="Models">${() => (version ? html`<${Card} version=${version} />` : html`<${List} />`)}<//>`;
}
