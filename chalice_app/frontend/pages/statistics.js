// What my ratings say about me, and how well they can be guessed.

import { countOf, Failure, MyPages, Nothing, starsAloud, starText, useLoaded, useTitle } from "../page.js";
import { get, learn, useStore } from "../store.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";

const ENOUGH = 5; // ratings from which on statistics say something
const STARS = Array.from({ length: 10 }, (_, i) => (i + 1) / 2);
const FEW = 3; // films below which an average is left to the table
const MOST_MONTHS = 36; // past which activity is shown by year
const monthName = new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: "UTC" });

const signed = (stars) => (Math.abs(stars) < 0.05 ? "±0.0" : `${stars > 0 ? "+" : "−"}${Math.abs(stars).toFixed(1)}`);
const percent = (part, whole) => (whole ? (100 * part) / whole : 0);
const total = (counts) => counts.reduce((sum, count) => sum + count, 0);

/** The width of an element in pixels, so that a drawing's letters are as large as the page's. */
function useWidth() {
  const ref = useRef(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([{ contentRect }]) => setWidth(Math.round(contentRect.width)));
    watch.observe(ref.current);
    setWidth(ref.current.clientWidth);
    return () => watch.disconnect();
  }, []);
  return [ref, width];
}

/** A drawing with its title, what it says in words, and its figures as a table. `draw` is given a width. */
function Plot({ title, words, height, draw, head, rows, children }) {
  const [ref, width] = useWidth();
  return html`<figure class="plot"><figcaption><h2>${title}</h2>${children}</figcaption>
    <div ref=${ref}><svg width="100%" height=${height} role="img" aria-label=${words}>${width > 0 && draw(width)}</svg></div>
    <details><summary>The figures<span class="hidden">: ${title}</span></summary><${Table} head=${head} rows=${rows} caption=${title} /></details>
  </figure>`;
}

const Table = ({ head, rows, caption }) => html`<table class="figures"><caption class="hidden">${caption}</caption>
  <thead><tr>${head.map((name) => html`<th key=${name} scope="col">${name}</th>`)}</tr></thead>
  <tbody>${rows.map(([name, ...cells]) => html`<tr key=${name}><th scope="row">${name}</th>${cells.map((cell, i) => html`<td key=${i}>${cell}</td>`)}</tr>`)}</tbody></table>`;

/** A scatter that is the same each time: equal ratings lie side by side instead of on top of each other. */
const scatter = (id) => ((Math.imul(id, 2654435761) >>> 0) / 2 ** 32 - 0.5) * 0.36;

function Foretold({ accuracy, ratings }) {
  const height = 340;
  const { bins } = accuracy;
  const drawn = bins.filter(({ count }) => count >= FEW);
  const draw = (width) => {
    const [left, right, top, bottom] = [34, 12, 10, 40];
    const x = (stars) => left + ((stars - 0.25) / 5) * (width - left - right);
    const y = (stars) => height - bottom - ((stars - 0.25) / 5) * (height - top - bottom);
    const dots = ratings.map((one) => `M${x(one.predicted_stars).toFixed(1)} ${y(one.stars + scatter(one.movie_id)).toFixed(1)}h0`).join("");
    return html`
      ${[1, 2, 3, 4, 5].map((stars) => html`<g key=${stars}><line class="plot-grid" x1=${x(0.25)} x2=${x(5.25)} y1=${y(stars)} y2=${y(stars)} />
        <text class="plot-label" x=${left - 8} y=${y(stars) + 4} text-anchor="end">${stars}</text>
        <text class="plot-label" x=${x(stars)} y=${height - bottom + 18} text-anchor="middle">${stars}</text></g>`)}
      <line class="plot-ideal" x1=${x(0.5)} y1=${y(0.5)} x2=${x(5)} y2=${y(5)} />
      <path class="plot-dots" d=${dots} />
      ${drawn.map((bin) => html`<line key=${bin.stars} class="plot-range" x1=${x(bin.stars)} x2=${x(bin.stars)} y1=${y(bin.low)} y2=${y(bin.high)} />`)}
      <polyline class="plot-line" points=${drawn.map((bin) => `${x(bin.stars)},${y(bin.mean)}`).join(" ")} />
      ${drawn.map((bin) => html`<circle key=${bin.stars} class="plot-mark" cx=${x(bin.stars)} cy=${y(bin.mean)} r="5" />`)}
      <text class="plot-label" x=${x(5.25)} y=${height - 4} text-anchor="end">our guess</text>
      <text class="plot-label" x=${left + 2} y=${top + 2}>your stars</text>`;
  };
  const words = `Our guesses beside the stars you gave, ${countOf(accuracy.count, "film")}. ${bins.map((bin) => `Where we guessed about ${bin.stars} you gave ${bin.mean.toFixed(1)} on average`).join("; ")}.`;
  const better = accuracy.guess_error - accuracy.error;
  return html`<${Plot} title="How well we know you" words=${words} height=${height} draw=${draw}
      head=${["Our guess", "Films", "You gave on average", "Middle half"]}
      rows=${bins.map((bin) => [starsAloud(bin.stars), bin.count, bin.mean.toFixed(1), `${bin.low.toFixed(1)} to ${bin.high.toFixed(1)}`])}>
    <p class="plot-lead">Three times out of four we are within <b>±${accuracy.usually_within.toFixed(1)} stars</b> of what you give.</p>
    <p>On average we are off by ${accuracy.error.toFixed(2)}; guessing each film’s average would be off by ${accuracy.guess_error.toFixed(2)}.
      ${better < 0.005 ? " So for you the average is as good a guess so far: more ratings will help." : ""}</p>
    <p class="plot-note">Each film is guessed from all your other ratings, as if you had not rated it. What the films are like was learnt from everybody, you among them.
      On the dashed line we would be right; the orange one is what you gave on average, with the middle half of your stars.</p>
  <//>`;
}

const Surprises = ({ surprises }) => surprises.length > 0 && html`<section class="plot"><h2>Where you surprised us</h2>
  <ul class="surprises">${surprises.map(({ movie, stars, predicted_stars: said }) => html`<li key=${movie.movie_id}>
    <a href=${`/movie/${movie.movie_id}`}>${movie.title}</a> <span>you gave <b role="img" class="because-stars" aria-label=${starsAloud(stars)}>${starText(stars)}</b>, our guess was ${said.toFixed(1)}</span></li>`)}</ul></section>`;

function Distribution({ mine, everybodys }) {
  const height = 220;
  const [all, crowd] = [total(mine), total(everybodys)];
  const shares = mine.map((count, i) => [percent(count, all), percent(everybodys[i], crowd)]);
  const most = Math.max(...shares.flat(), 1);
  const draw = (width) => {
    const step = width / 10;
    const bar = Math.max(4, Math.min(26, step * 0.36));
    const up = (share) => (share / most) * (height - 34);
    return shares.map(([own, theirs], i) => html`<g key=${i}>
      <rect class="plot-mine" x=${step * (i + 0.5) - bar - 1} width=${bar} y=${height - 24 - up(own)} height=${up(own)} rx="2" />
      <rect class="plot-theirs" x=${step * (i + 0.5) + 1} width=${bar} y=${height - 24 - up(theirs)} height=${up(theirs)} rx="2" />
      <text class="plot-label" x=${step * (i + 0.5)} y=${height - 6} text-anchor="middle">${STARS[i] % 1 ? (i ? "" : "½") : STARS[i]}</text></g>`);
  };
  const rows = STARS.map((stars, i) => [starsAloud(stars), mine[i], `${shares[i][0].toFixed(0)} %`, `${shares[i][1].toFixed(0)} %`]);
  return html`<${Plot} title="Your stars" height=${height} draw=${draw} head=${["Stars", "Films", "You", "Everybody"]} rows=${rows}
      words=${`How often you give each number of stars, and everybody for the same films: ${rows.map(([stars, , own, theirs]) => `${stars} ${own}, everybody ${theirs}`).join("; ")}.`}>
    <p class="plot-key"><span class="key-mine">you</span> <span class="key-theirs">everybody, for the same films</span></p><//>`;
}

function Activity({ months }) {
  const height = 160;
  const [first, last] = [months[0].month, months.at(-1).month];
  const monthAt = (text) => Number(text.slice(0, 4)) * 12 + Number(text.slice(5)) - 1;
  const byYear = monthAt(last) - monthAt(first) >= MOST_MONTHS;
  const place = ({ month }) => (byYear ? Number(month.slice(0, 4)) : monthAt(month));
  const start = place(months[0]);
  const counts = Array(place(months.at(-1)) - start + 1).fill(0);
  for (const month of months) counts[place(month) - start] += month.count;
  const name = (i) => (byYear ? String(start + i) : monthName.format(Date.UTC(2000, start + i - 2000 * 12)));
  const most = Math.max(...counts);
  const draw = (width) => {
    const step = Math.min(64, width / counts.length);
    const labelled = Math.ceil((byYear ? 46 : 76) / step);
    return counts.map((count, i) => html`<g key=${i}>
      <rect class="plot-mine" x=${step * i + 1} width=${Math.max(1, step - 2)} y=${height - 24 - (count / most) * (height - 34)} height=${(count / most) * (height - 34)} rx="2" />
      ${i % labelled === 0 && step * i + 40 < width && html`<text class="plot-label" x=${step * i + 1} y=${height - 6}>${name(i)}</text>`}</g>`);
  };
  const rows = counts.map((count, i) => [name(i), count]).filter(([, count]) => count);
  return html`<${Plot} title="When you rated" height=${height} draw=${draw} head=${[byYear ? "Year" : "Month", "Films"]} rows=${rows}
    words=${`Films rated by ${byYear ? "year" : "month"}, ${name(0)} to ${name(counts.length - 1)}; the most, ${most}, in ${name(counts.indexOf(most))}.`} />`;
}

/** Kinds of film with my mean, and how far that is from everybody's. */
function Compared({ title, groups, kind, hrefOf }) {
  const widest = Math.max(1, ...groups.map(({ difference }) => Math.abs(difference ?? 0)));
  const place = (difference) => (difference / widest) * 46;
  return html`<section class="plot"><h2>${title}</h2><table class="figures compared"><caption class="hidden">${title}</caption>
    <thead><tr><th scope="col">${kind}</th><th scope="col">Films</th><th scope="col">You</th><th scope="col">Beside everybody</th></tr></thead>
    <tbody>${groups.map(({ name, count, mean, difference }) => html`<tr key=${name}><th scope="row">${hrefOf ? html`<a href=${hrefOf(name)}>${name}</a>` : name}</th>
      <td>${count}</td><td>${mean.toFixed(1)}</td>
      <td>${difference === null ? html`<span class="plot-note">few have rated these</span>` : html`<div class="compared-bar"><span>${signed(difference)}</span>
        <svg width="100%" height="14" aria-hidden="true"><rect class=${difference < 0 ? "plot-less" : "plot-more"} x=${`${50 + Math.min(0, place(difference))}%`} width=${`${Math.abs(place(difference))}%`} height="14" rx="2" />
          <line class="plot-axis" x1="50%" x2="50%" y1="0" y2="14" /></svg></div>`}</td></tr>`)}</tbody></table></section>`;
}

const mine = (fields) => `/my/ratings?${new URLSearchParams(fields)}`;

/** What stands out: of genres with a few ratings, the one liked most and least beside everybody. */
function tastes(genres) {
  const known = genres.filter(({ count, difference }) => count >= 3 && difference !== null).sort((one, other) => other.difference - one.difference);
  return known.length < 2 ? null : [known[0], known.at(-1)];
}

function Summary({ overall, genres }) {
  const { difference } = overall;
  const tone = difference === null ? null : Math.abs(difference) < 0.05 ? "as everybody does" : difference < 0 ? "stricter than everybody" : "kinder than everybody";
  const extremes = tastes(genres);
  return html`<dl class="summary">
    <div><dt>films rated</dt><dd>${overall.count.toLocaleString("en")}</dd></div>
    <div><dt>stars on average</dt><dd>${overall.mean.toFixed(1)}</dd></div>
    ${tone && html`<div><dt>${tone}</dt><dd>${signed(difference)}</dd></div>`}
    ${extremes && html`<div><dt>liked more than by others</dt><dd class="summary-word">${extremes[0].name}</dd></div>
      <div><dt>liked less than by others</dt><dd class="summary-word">${extremes[1].name}</dd></div>`}
  </dl>`;
}

function Figures({ data }) {
  const { overall, foretelling } = data;
  const people = (name) => mine({ q: name });
  return html`<div class="statistics">
    <${Summary} overall=${overall} genres=${data.genres} />
    ${foretelling ? html`<${Foretold} ...${foretelling} /><${Surprises} surprises=${foretelling.surprises} />`
      : html`<section class="plot"><h2>How well we know you</h2><p>We can say that once you have rated five films that enough other people have rated, too.</p></section>`}
    <${Distribution} mine=${data.histogram} everybodys=${data.histogram_of_all} />
    ${data.genres.length > 0 && html`<${Compared} title="By genre" kind="Genre" groups=${data.genres} hrefOf=${(name) => mine({ genre: name })} />`}
    ${data.decades.length > 0 && html`<${Compared} title="By decade" kind="Decade" groups=${data.decades} />`}
    <${Activity} months=${data.months} />
    ${data.directors.length > 0 && html`<${Compared} title="Directors you return to" kind="Director" groups=${data.directors} hrefOf=${people} />`}
    ${data.actors.length > 0 && html`<${Compared} title="Actors you see most" kind="Actor" groups=${data.actors} hrefOf=${people} />`}
  </div>`;
}

export default function Statistics({ entry }) {
  useTitle("My statistics");
  const changes = useStore((state) => state.tasteChanges);
  const { data, error, retry } = useLoaded(async (signal) => {
    const found = await get("/me/statistics", null, signal);
    learn(found.foretelling?.surprises.map(({ movie }) => movie) ?? []);
    return found;
  }, [changes]);
  const count = data?.overall?.count ?? 0;
  return html`<div class="wrap narrow">
    <div class="page-head"><h1 tabindex="-1">My statistics</h1><${MyPages} here=${entry.path} /></div>
    ${error ? html`<${Failure} error=${error} retry=${retry} />`
      : !data ? html`<div class="statistics skeleton" aria-busy="true"><span class="bar tall"></span><span class="bar plot-waiting"></span><span class="bar"></span><span class="bar plot-waiting"></span></div>`
      : count < ENOUGH ? html`<${Nothing} icon="rate" title=${count ? `${countOf(ENOUGH - count, "rating")} to go` : "Nothing to count yet"}>
          <p>After ${ENOUGH} ratings this page shows how you rate beside everybody else, and how well we know you.</p>
          <p class="note-actions"><a class="button" href="/rate">Rate films</a><a class="button quiet" href="/my/data">Bring them from elsewhere</a></p><//>`
      : html`<${Figures} data=${data} />`}
  </div>`;
}
