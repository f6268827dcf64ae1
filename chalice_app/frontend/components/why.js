// Why a film stands where it does for someone: what each of their ratings counts for it and against it.

import { getWhy } from "../api.js";
import { useStore } from "../store.js";
import { html } from "../vendor/preact.js";
import { Failure, starText, useKept, useLoaded } from "./base.js";

const Rated = ({ title, stars }) => html`You gave <cite>${title}</cite> <span class="because-stars" role="img" aria-label=${`${stars} stars`}>${starText(stars)}</span>`;

/** All that counts, as `{ key, words, adds }`, in the order in which it is shown. */
function partsOf({ average, added, taken, others }) {
  const ratings = [...added, ...taken].map((one) => ({ key: one.movie_id, words: html`<${Rated} ...${one} />`, adds: one.adds }));
  const rest = [
    { key: "others", words: added.length || taken.length ? "All your other ratings together" : "Your ratings together", adds: others },
    { key: "average", words: "What most people like", adds: average },
  ];
  return [...ratings, ...rest].filter(({ adds }) => adds !== 0);
}

function Side({ title, parts, all }) {
  if (!parts.length) return null;
  const most = Math.max(...all.map(({ adds }) => Math.abs(adds)));
  const total = all.reduce((sum, { adds }) => sum + Math.abs(adds), 0);
  const share = (adds) => {
    const percent = (100 * Math.abs(adds)) / total;
    return percent < 1 ? "under 1 %" : `${Math.round(percent)} %`;
  };
  return html`<div class="why-side">
    <h3>${title}</h3>
    <ul>${parts.map(({ key, words, adds }) => html`<li key=${key}><span>${words}</span> <b>${share(adds)}</b>
      <i class=${adds < 0 ? "against" : ""} ref=${(bar) => bar?.style.setProperty("width", `${(100 * Math.abs(adds)) / most}%`)}></i></li>`)}</ul>
  </div>`;
}

export function Why({ movie }) {
  const changes = useStore((state) => state.tasteChanges);
  const { data, error, retry } = useKept(useLoaded((signal) => getWhy(movie.movie_id, signal), [movie.movie_id, changes]));
  if (data && !data.why) return null;
  const parts = data ? partsOf(data.why) : [];
  const personal = parts.some(({ key }) => key !== "average");
  return html`<section class="why" aria-labelledby="why" aria-busy=${data || error ? null : "true"}>
    <h2 id="why">What speaks for it, and against</h2>
    ${data ? html`<p>${personal ? "Its place among your suggestions is exactly the sum of these. A film that you liked speaks for those that the same people like, and against those that they leave alone; with one that you disliked it is the other way round."
        : html`So far we only know what most people like. <a href="/rate">Rate some films</a>, and this will be about you.`}</p>
      <div class="why-sides">
        <${Side} title="For it" parts=${parts.filter(({ adds }) => adds > 0)} all=${parts} />
        <${Side} title="Against it" parts=${parts.filter(({ adds }) => adds < 0)} all=${parts} />
      </div>`
      : error ? html`<${Failure} error=${error} retry=${retry} />`
      : html`<div class="skeleton" aria-hidden="true"><span class="bar"></span><span class="bar"></span><span class="bar short"></span></div>`}
  </section>`;
}
