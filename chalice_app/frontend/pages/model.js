// The public card of the current model.

import { ModelFigures } from "../components/model-figures.js";
import { number, Waiting, when } from "../components/ops.js";
import { Failure, Nothing, useLoaded, useTitle } from "../page.js";
import { get, Problem } from "../store.js";
import { html } from "../vendor/preact.js";

export default function ModelCard() {
  useTitle("The model");
  const { data: card, error, retry } = useLoaded((signal) => get("/model", null, signal), []);
  const none = error instanceof Problem && (error.status === 404 || error.slug === "not-ready");
  return html`<div class="model"><div class="wrap">
    <div class="page-head"><h1 tabindex="-1">The model</h1></div>
    ${none ? html`<${Nothing} icon="filter" title="No model yet"><p>It appears here once it has been trained on ratings.</p><//>`
      : error ? html`<${Failure} error=${error} retry=${retry} />`
      : !card ? html`<${Waiting} />`
      : html`<p class="lead">What decides which films you are shown, and how often it is right.</p>
        <p>Two models work together. One has learnt which films are loved by the same people, and decides the order. The other estimates how many stars you would give. A person’s side of either is computed from their ratings alone, at the moment it is asked for.</p>
        <p>It was made on ${when(card.started_at)}${card.data.latest && html`, from ratings up to ${when(card.data.latest)}`}. To measure it, a twin was trained on ${number(card.learnt_from)} ratings and asked about ${number(card.held_out)} that it never saw: ${card.split === "newest" ? "each person’s newest" : "drawn by lot"}. ${number(card.people)} people were measured; the ranges are 95 % intervals.</p>
        <${ModelFigures} card=${card} />
        <p><small>Version ${card.version}. The same as data: <a href="/api-docs">GET /model</a>.</small></p>`}
  </div></div>`;
}
