// How many gave a film half a star, one star, … five.

import { html } from "../vendor/preact.js";

const starsOf = (place) => (place + 1) / 2;

export function Histogram({ counts }) {
  const most = Math.max(...counts);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const words = counts.map((count, i) => `${starsOf(i)} stars: ${count}`).reverse().join(", ");
  return html`<div class="histogram" role="img" aria-label=${`Ratings by stars. ${words}.`}>
    ${counts.map((count, i) => html`<span key=${i} title=${`${starsOf(i)} stars: ${count} (${Math.round((100 * count) / all)} %)`}>
      <i ref=${(bar) => bar?.style.setProperty("height", `${Math.max(count ? 4 : 0, (100 * count) / most)}%`)}></i></span>`)}
    <b aria-hidden="true">½</b><b aria-hidden="true">★★★★★</b>
  </div>`;
}
