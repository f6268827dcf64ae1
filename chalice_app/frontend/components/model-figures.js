// A model's card: figures with intervals, comparisons, plots.

import { useNearby } from "../page.js";
import { html } from "../vendor/preact.js";
import { number, percent, State, Table, Tile } from "./ops.js";

const NAMES = {
  "learning-curve": ["Learning curve", "Error after each pass over the ratings, on those learnt from and on those held out."],
  calibration: ["Calibration", "Stars predicted against stars given: on the dotted line a model is right on average."],
  "error-by-ratings": ["Error by activity", "Error of the stars by how many ratings a person had given, with 95 % intervals."],
  popularity: ["How well known the suggestions are", "Which films fill the first ten places, from the most rated to the least."],
};
const figure = ({ value, interval }) => html`<span>${number(value, 3)}${interval && html`<small>${number(interval[0], 3)} to ${number(interval[1], 3)}</small>`}</span>`;
const WORDS = { rmse: "Error of the stars (RMSE)", ndcg10: "Quality of the ranking (nDCG@10)" };

export function ModelFigures({ card }) {
  const { stars, ranking, verdict } = card;
  return html`
    <dl class="ops-tiles">
      <${Tile} name="Error of the stars (RMSE)" value=${number(stars.rmse.value, 3)}>95 %: ${number(stars.rmse.interval[0], 3)} to ${number(stars.rmse.interval[1], 3)}<//>
      <${Tile} name="Ranking (nDCG@10)" value=${number(ranking.ndcg10.value, 3)}>95 %: ${number(ranking.ndcg10.interval[0], 3)} to ${number(ranking.ndcg10.interval[1], 3)}<//>
      <${Tile} name="Better than popularity by" value=${number(ranking.better_by.value, 3)}>95 %: ${number(ranking.better_by.interval[0], 3)} to ${number(ranking.better_by.interval[1], 3)}<//>
      <${Tile} name="Learnt from" value=${number(card.data.ratings)}>ratings of ${number(card.data.movies)} films by ${number(card.data.people)} people<//>
    </dl>
    <h2>Against showing everybody the same</h2>
    <${Table} label="Against popularity" columns=${[["Figure", (row) => row[0]], ["This model", (row) => row[1], true], ["Most popular", (row) => row[2], true]]} rows=${[
      ["Ranking (nDCG@10)", figure(ranking.ndcg10), figure(ranking.popularity_ndcg10)],
      ["Liked films found in ten (recall@10)", figure(ranking.recall10), figure(ranking.popularity_recall10)],
      ["Share of all films shown to anybody", percent(ranking.coverage, 1), percent(ranking.popularity_coverage, 1)],
    ]} />
    <h2>Against the model before</h2>
    ${!verdict ? html`<p>It has not been judged yet.</p>` : html`<p><${State} state=${verdict.accepted ? "accepted" : "refused"} /> ${verdict.reason}</p>
      ${verdict.figures.length > 0 && html`<${Table} label="Against the model before" columns=${[["Figure", (row) => WORDS[row.name] ?? row.name], ["This model", (row) => number(row.new, 4), true],
        ["The one before", (row) => number(row.before, 4), true], ["Difference, 95 %", (row) => `${number(row.interval[0], 4)} to ${number(row.interval[1], 4)}`, true], ["Verdict", (row) => (row.worse ? "worse" : "not worse")]]} rows=${verdict.figures} />`}`}
    <h2>By how much people had rated</h2>
    <${Table} label="By activity" columns=${[["Ratings given", (row) => (row.most ? `${row.fewest}–${row.most}` : `${row.fewest} or more`)], ["People", (row) => number(row.people), true],
      ["RMSE", (row) => figure(row.rmse), true], ["nDCG@10", (row) => figure(row.ndcg10), true], ["Most popular", (row) => number(row.popularity_ndcg10, 3), true]]} rows=${card.by_activity} />
    ${card.new_people.length > 0 && html`<h2>People it has never met</h2>
      <${Table} label="New people" columns=${[["After", (row) => `${row.ratings} ${row.ratings === 1 ? "rating" : "ratings"}`], ["People", (row) => number(row.people), true], ["nDCG@10", (row) => number(row.ndcg10, 3), true],
        ["Most popular", (row) => number(row.popularity_ndcg10, 3), true], ["Better by, 95 %", (row) => `${number(row.better_by[0], 3)} to ${number(row.better_by[1], 3)}`, true]]} rows=${card.new_people} />`}
    ${card.plots.length > 0 && html`<h2>Plots</h2><${Plots} card=${card} />`}`;
}

/** Pictures, which come once the reader nears them: browsers themselves begin far earlier. */
function Plots({ card }) {
  const [place, near] = useNearby("200px");
  return html`<div class="ops-plots" ref=${place}>${card.plots.map((name) => html`<figure key=${name}>
    <img src=${near ? `/api/models/${card.version}/plots/${name}` : null} alt=${NAMES[name]?.[1] ?? name} width="560" height="340" />
    <figcaption><b>${NAMES[name]?.[0] ?? name}.</b> ${NAMES[name]?.[1]}</figcaption></figure>`)}</div>`;
}
