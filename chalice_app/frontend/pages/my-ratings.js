// Everything that I have rated.

import { countOf, Failure, Nothing, useTitle } from "../components/base.js";
import { MoreOf, useEndless } from "../components/endless.js";
import { rateOrRemove, useStars } from "../components/movie-card.js";
import { Poster } from "../components/poster.js";
import { Stars } from "../components/stars.js";
import { loadRatings } from "../mine.js";
import { navigate } from "../router.js";
import { learn, peek, useStore } from "../store.js";
import { html, useMemo } from "../vendor/preact.js";

const SORTS = [["newest", "Newest first"], ["oldest", "Oldest first"], ["highest", "Best first"], ["lowest", "Worst first"]];
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

function Spread() {
  const count = useStore((state) => state.ratings.size);
  const changes = useStore((state) => state.tasteChanges);
  const { bars, mean } = useMemo(() => {
    const stars = [...peek().ratings.values()];
    const counts = Array.from({ length: 10 }, (_, i) => stars.filter((one) => one === (i + 1) / 2).length);
    return { bars: counts, mean: stars.reduce((sum, one) => sum + one, 0) / stars.length };
  }, [count, changes]);
  const most = Math.max(...bars, 1);
  return html`<figure class="spread"><figcaption><b>${mean.toFixed(1)}</b> your average</figcaption>
    <div class="spread-bars" role="img" aria-label=${`How you rate: ${bars.map((bar, i) => `${(i + 1) / 2} stars ${bar}`).join(", ")}`}>
      ${bars.map((bar, i) => html`<span key=${i}><i ref=${(it) => it?.style.setProperty("height", `${Math.max(3, (bar / most) * 100)}%`)}></i></span>`)}</div>
    <div class="spread-ends" aria-hidden="true"><span>½</span><span>★★★★★</span></div></figure>`;
}

function Rated({ item }) {
  const { movie } = item;
  const stars = useStars(movie);
  return html`<li class=${`rated ${stars === null ? "is-gone" : ""}`} data-movie=${movie.movie_id}>
    <a class="rated-poster" href=${`/movie/${movie.movie_id}`} tabindex="-1" aria-hidden="true"><${Poster} movie=${movie} /></a>
    <div class="rated-words"><a href=${`/movie/${movie.movie_id}`}>${movie.title}</a>
      <span>${[movie.year, movie.genres.slice(0, 2).join(", ")].filter(Boolean).join(" · ")}</span>
      <span>${stars === null ? "Removed" : html`Rated <time datetime=${new Date(item.rated_at).toISOString()}>${day.format(item.rated_at)}</time>`}</span></div>
    <${Stars} movie=${movie} value=${stars} onRate=${rateOrRemove(movie)} />
  </li>`;
}

export default function MyRatings({ entry }) {
  useTitle("My ratings");
  const sort = entry.query.get("sort") ?? "newest";
  const count = useStore((state) => state.ratings.size);
  const list = useEndless(sort, async (cursor, signal) => {
    const page = await loadRatings({ sort, limit: 40, cursor }, signal);
    learn(page.items.map(({ movie }) => movie));
    return page;
  }, { keep: entry.cause === "pop" });
  return html`<div class="wrap narrow">
    <div class="page-head"><h1 tabindex="-1">My ratings</h1><p class="count" role="status">${countOf(count, "film")}</p></div>
    ${count > 0 && html`<${Spread} />`}
    ${list.items?.length > 0 && html`<div class="list-tools"><label>Sort <select value=${sort} onChange=${({ target }) => navigate(target.value === "newest" ? "/my/ratings" : `/my/ratings?sort=${target.value}`, { replace: true })}>
        ${SORTS.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}</select></label></div>`}
    ${list.error && !list.items ? html`<${Failure} error=${list.error} retry=${list.restart} />`
      : !list.items ? html`<ul class="rated-list" aria-hidden="true">${[1, 2, 3, 4, 5, 6].map((i) => html`<li class="rated skeleton" key=${i}><span class="rated-poster"></span><span class="bar"></span></li>`)}</ul>`
      : list.items.length === 0 ? html`<${Nothing} icon="rate" title="No ratings yet"><p>Each film you rate makes the next suggestion better.</p>
          <p class="note-actions"><a class="button" href="/rate">Rate films</a></p><//>`
      : html`<ul class="rated-list">${list.items.map((item) => html`<${Rated} key=${item.movie.movie_id} item=${item} />`)}</ul>`}
    <${MoreOf} list=${list} what="ratings" />
  </div>`;
}
