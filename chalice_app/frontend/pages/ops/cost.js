// What a month on AWS costs, as the service is used now or as one may suppose.

import { dollars, getOps, Loaded, number, OpsPage, Table, Tile } from "../../components/ops.js";
import { navigate, useLoaded } from "../../page.js";
import { html } from "../../vendor/preact.js";

const SUPPOSED = [["people", "People"], ["ratings", "Ratings stored"], ["ratings_a_day", "Ratings a day"], ["retrains", "Runs a month"], ["job_minutes", "Minutes a run"]];

function Cost({ cost, query }) {
  const value = Object.fromEntries(cost.inputs.map((one) => [one.name, one.value]));
  const suppose = (event) => {
    event.preventDefault();
    const given = [...new FormData(event.target)].filter(([name, typed]) => typed !== "" && Number(typed) !== value[name]);
    const changed = new URLSearchParams([...query].filter(([name]) => SUPPOSED.some(([one]) => one === name)));
    for (const [name, typed] of given) changed.set(name, typed);
    navigate(`/ops/cost?${changed}`);
  };
  return html`
    <form class="ops-row" key=${query.toString()} onSubmit=${suppose}>
      ${SUPPOSED.map(([name, label]) => html`<label key=${name}>${label} <input type="number" name=${name} min="0" step="any" required defaultValue=${value[name]} /></label>`)}
      <button class="button">Estimate</button>${query.size > 0 && html`<a class="button quiet" href="/ops/cost">As it is now</a>`}</form>
    <dl class="ops-tiles">
      <${Tile} name="A month" value=${dollars(cost.total)} /><${Tile} name="For 1,000 people" value=${dollars(cost.per_thousand_people)} />
      <${Tile} name="Prices" value=${cost.region}>compiled ${cost.compiled}<//></dl>
    <h2>Line by line</h2>
    <${Table} label="Bill" rows=${cost.lines} columns=${[
      ["What", (line) => html`<span>${line.service}, ${line.what}</span>`],
      ["Quantity", (line) => line.quantity.toLocaleString("en", { maximumSignificantDigits: 3 }), true],
      ["Of", (line) => html`<span>${line.price} <a href=${line.source} target="_blank" rel="noreferrer" aria-label=${`Source of the price of ${line.price}`}>as of ${line.as_of}</a></span>`],
      ["A month", (line) => dollars(line.dollars), true]]} />
    <h2>Decisions, and what they would cost otherwise</h2>
    <${Table} label="Levers" rows=${cost.levers} columns=${[
      ["As it is", (lever) => lever.decision], ["A month", (lever) => dollars(lever.dollars), true],
      ["Instead", (lever) => lever.instead_of], ["It would be", (lever) => dollars(lever.otherwise), true],
      ["Difference", (lever) => dollars(lever.otherwise - lever.dollars), true]]} />
    <h2>Assuming</h2>
    <${Table} label="Assumptions" rows=${cost.inputs} columns=${[["Assumption", (one) => one.meaning], ["Value", (one) => number(one.value, Number.isInteger(one.value) ? 0 : 2), true]]} />
    <p class="facts">${cost.note}</p>`;
}

export default function CostPage({ entry }) {
  return html`<${OpsPage} title="Cost">${() => html`<${Inside} query=${entry.query} />`}<//>`;
}

function Inside({ query }) {
  const supposed = Object.fromEntries(query);
  const loaded = useLoaded((signal) => getOps("cost", supposed, signal), [query.toString()]);
  return html`<${Loaded} of=${loaded}>${(cost) => html`<${Cost} cost=${cost} query=${query} />`}<//>`;
}
