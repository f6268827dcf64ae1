// What this is and where its films come from.

import { useTitle } from "../page.js";
import { html } from "../vendor/preact.js";

export default function About() {
  useTitle("About");
  return html`<div class="wrap prose">
    <h1 tabindex="-1">About Matinee</h1>
    <p class="lead">Matinee suggests films from the stars you give, says why, and answers at once.</p>
    <h2>How suggestions are made</h2>
    <p>One model learns which films are loved by the same people and decides the order. Another estimates how many stars you would give. Each time you rate, both are applied to you afresh, so the list follows within moments. The reason beside a film is the rating of yours that speaks loudest for it. <a href="/model">The model’s card</a> tells how good it is on ratings it never saw.</p>
    <h2>What is kept</h2>
    <p>Your name, your e-mail address, a scrambled form of your password, the browsers you are logged in with, your stars and your marks. Deleting your <a href="/my/account">account</a> deletes all of it. Without an account your stars and marks stay in this browser; suggestions are computed from them and nothing of it is kept. No adverts, and nothing is loaded from other sites apart from film posters where they are known.</p>
    <h2>Posters</h2>
    <p>Where there is no picture, the poster is drawn in your browser from the film’s title, year and genre.</p>
    <h2>Credits</h2>
    <p>Facts about films come from Wikidata (CC0) or from the data set that whoever runs this site has loaded. Poster pictures, where shown, come from TMDB: this product uses the TMDB API but is not endorsed or certified by TMDB.</p>
  </div>`;
}
