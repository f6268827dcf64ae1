// Looking a person up, and keeping an account or a rating out of what models learn.

import { changeOps, getOps, Loaded, number, OpsPage, State, Table, Tile, useConfirm, when } from "../../components/ops.js";
import { navigate, Nothing, starText, useLoaded } from "../../page.js";
import { notify } from "../../store.js";
import { html, useEffect, useState } from "../../vendor/preact.js";

const SHOWN = 20;

function Finder({ id }) {
  const [problem, setProblem] = useState(null);
  const find = async (event) => {
    event.preventDefault();
    const who = new FormData(event.target).get("who").trim();
    if (!who) return setProblem("Type an e-mail address or an id.");
    setProblem(null);
    try {
      const { person_id: found } = await changeOps("POST", "people/find", { who });
      return navigate(`/ops/people?id=${encodeURIComponent(found)}`);
    } catch (error) {
      return setProblem(error.message);
    }
  };
  return html`<form class="ops-row" role="search" onSubmit=${find} novalidate>
    <label class="grow">E-mail address or id <input name="who" defaultValue=${id ?? ""} autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="254" aria-invalid=${problem ? "true" : null} aria-describedby=${problem ? "who-problem" : null} /></label>
    <button class="button">Find</button></form>
    ${problem && html`<p class="field-problem" id="who-problem" role="alert">${problem}</p>`}`;
}

function Ratings({ person, initial }) {
  const [ratings, setRatings] = useState(initial);
  const [all, setAll] = useState(false);
  useEffect(() => setRatings(initial), [initial]);
  const show = (id, at) => setRatings((now) => now.map((one) => (one.movie.movie_id === id ? { ...one, deactivated_at: at } : one)));
  const toggle = async ({ movie, deactivated_at: before }, undoing = false) => {
    show(movie.movie_id, before ? null : Date.now());
    try {
      await changeOps(before ? "DELETE" : "PUT", `people/${person}/ratings/${movie.movie_id}/deactivation`);
      const undo = { label: "Undo", run: () => toggle({ movie, deactivated_at: before ? null : Date.now() }, true) };
      notify(before ? `The rating of “${movie.title}” counts again.` : `The rating of “${movie.title}” is left out from the next run on.`, { action: undoing ? null : undo });
    } catch (error) {
      show(movie.movie_id, before);
      notify(`The rating of “${movie.title}” stays as it was. ${error.message}`, { tone: "bad" });
    }
  };
  return html`<${Table} label="Newest ratings" rows=${all ? ratings : ratings.slice(0, SHOWN)} keyOf=${(one) => one.movie.movie_id} columns=${[
    ["Film", ({ movie }) => html`<span><a href=${`/ops/films?id=${movie.movie_id}`}>${movie.title}</a>${movie.year && html`<small>${movie.year}</small>`}</span>`],
    ["Stars", (one) => html`<span class="because-stars" role="img" aria-label=${`${one.stars} stars`}>${starText(one.stars)}</span>`],
    ["Rated", (one) => when(one.rated_at)],
    ["State", (one) => html`<${State} state=${one.deactivated_at ? "left out" : "counts"} />`],
    ["Change", (one) => html`<button type="button" class="button quiet small" aria-label=${`${one.deactivated_at ? "Activate" : "Deactivate"} the rating of ${one.movie.title}`} onClick=${() => toggle(one)}>${one.deactivated_at ? "Activate" : "Deactivate"}</button>`, true],
  ]} />
  ${!all && ratings.length > SHOWN && html`<p class="endless"><button type="button" class="button quiet" onClick=${() => setAll(true)}>Show ${ratings.length - SHOWN} more</button></p>`}`;
}

function Person({ id }) {
  const loaded = useLoaded((signal) => getOps(`people/${encodeURIComponent(id)}`, null, signal), [id]);
  const [ask, dialog] = useConfirm();
  const deactivate = ({ person_id: person, name }) => ask({
    title: `Deactivate ${name}?`,
    text: "Nobody can log in to the account, its sessions end at once, and the next run leaves its ratings out. You can take this back.",
    label: "Deactivate",
    done: `The account of ${name} is deactivated.`,
    run: () => changeOps("PUT", `people/${person}/deactivation`).then(loaded.retry),
  });
  const activate = ({ person_id: person, name }) => ask({
    title: `Activate ${name} again?`,
    text: "The account can be logged in to again, and the next run counts its ratings.",
    label: "Activate",
    done: `The account of ${name} is active again.`,
    run: () => changeOps("DELETE", `people/${person}/deactivation`).then(loaded.retry),
  });
  return html`${dialog}<${Loaded} of=${loaded}>${(person) => html`
    <h2>${person.name}</h2>
    <div class="ops-row level"><${State} state=${person.deactivated_at ? "deactivated" : "active"} />${person.operator && html`<${State} state="operator" />`}
      <button type="button" class="button quiet small" onClick=${() => (person.deactivated_at ? activate : deactivate)(person)}>${person.deactivated_at ? "Activate again" : "Deactivate account"}</button></div>
    <dl class="ops-tiles">
      <${Tile} name="Joined" value=${new Date(person.joined_at).getFullYear()}>${when(person.joined_at)}<//>
      <${Tile} name="Ratings" value=${number(person.ratings)}>${person.deactivated_ratings > 0 && `${number(person.deactivated_ratings)} left out`}<//>
      <${Tile} name="On the watchlist" value=${number(person.watchlist)}>${number(person.not_interested)} not interested<//>
      <${Tile} name="Stored suggestions" value=${number(person.suggestions?.count ?? 0)}>${person.suggestions && html`by ${person.suggestions.model_version}, ${when(person.suggestions.created_at)}`}<//>
    </dl>
    <h2>Newest ratings</h2>
    ${person.latest.length === 0 ? html`<p class="facts">None yet.</p>` : html`<p class="facts">A deactivated rating is left out of training and averages until it is activated, or the person rates the film anew.</p>
      <${Ratings} person=${person.person_id} initial=${person.latest} />`}`}<//>`;
}

export default function PeoplePage({ entry }) {
  const id = entry.query.get("id");
  return html`<${OpsPage} title="People">${() => html`<${Finder} key=${id} id=${id} />
    ${id ? html`<${Person} key=${id} id=${id} />` : html`<${Nothing} icon="person" title="Look somebody up"><p>By their e-mail address or their id.</p><//>`}`}<//>`;
}
