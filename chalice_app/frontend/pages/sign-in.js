// Sign up and log in.

import { Field, Password, problemsIn } from "../components/fields.js";
import { Poster } from "../components/poster.js";
import { countOf, navigate, useLoaded, useTitle } from "../page.js";
import { logIn, peek, signUp, useStore } from "../store.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

/** Where to go afterwards: an address of this site, never another's. */
function destination(query) {
  const wanted = query.get("next") ?? "/";
  if (!URL.canParse(wanted, location.origin)) return "/";
  const next = new URL(wanted, location.origin);
  // Its path may begin with two slashes ("/.//example.com"), which alone would be an address elsewhere.
  const here = next.origin === location.origin && !/^\/(\/|(sign-up|log-in|forgot|reset)$)/.test(next.pathname);
  return here ? next.pathname + next.search : "/";
}

const SHOWN = [
  { movie_id: 17, title: "Night Train to the Sea", year: 1958, genres: ["Romance"] },
  { movie_id: 47, title: "The Third Witness", year: 1973, genres: ["Crime"] },
  { movie_id: 90, title: "Orbit of Salt", year: 2011, genres: ["Sci-Fi"] },
];

export default function SignIn({ entry }) {
  const joining = entry.path === "/sign-up";
  useTitle(joining ? "Sign up" : "Log in");
  const session = useStore((state) => state.session);
  const [problems, setProblems] = useState({});
  const [busy, setBusy] = useState(false);
  const triedOut = useStore((state) => (state.session === "in" ? 0 : state.ratings.size));
  const form = useRef(null);
  const { data: demo } = useLoaded(async (signal) => (await (await fetch("/config.json", { signal })).json()).demo ?? null, []);
  const after = destination(entry.query);

  useEffect(() => {
    if (peek().session === "in") navigate(after, { replace: true });
  }, [session]);

  const enter = async (act) => {
    setBusy(true);
    setProblems({});
    try {
      await act();
    } catch (error) {
      setProblems(problemsIn(error));
      setTimeout(() => (form.current?.querySelector("[aria-invalid]") ?? form.current?.querySelector(".form-problem"))?.focus());
    } finally {
      setBusy(false);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    const { name = "", email, password } = Object.fromEntries(new FormData(event.target));
    const missing = {};
    if (joining && !name.trim()) missing.name = "Tell us what to call you.";
    if (!email.trim()) missing.email = "Give your e-mail address.";
    if (!password) missing.password = "Give a password.";
    if (Object.keys(missing).length) {
      setProblems(missing);
      setTimeout(() => form.current?.querySelector("[aria-invalid]")?.focus());
      return;
    }
    enter(() => (joining ? signUp({ name: name.trim(), email: email.trim(), password }) : logIn({ email: email.trim(), password })));
  };
  const other = joining ? "/log-in" : "/sign-up";
  const otherHref = entry.query.has("next") ? `${other}?next=${encodeURIComponent(entry.query.get("next"))}` : other;

  return html`<div class="wrap sign-in">
    <div class="sign-in-art" aria-hidden="true">${SHOWN.map((movie) => html`<${Poster} key=${movie.movie_id} movie=${movie} />`)}</div>
    <form class="sign-in-form" ref=${form} onSubmit=${submit} novalidate>
      <h1 tabindex="-1">${joining ? "Sign up" : "Welcome back"}</h1>
      <p class="sign-in-lead">${joining ? "Your stars, your watchlist, and suggestions that follow them." : "Log in to your stars and suggestions."}${triedOut ? ` Your ${countOf(triedOut, "rating")} will be kept.` : ""}</p>
      ${problems.form && html`<p class="form-problem" role="alert" tabindex="-1">${problems.form}</p>`}
      ${joining && html`<${Field} name="name" label="Name" autocomplete="name" maxlength="80" problem=${problems.name} />`}
      <${Field} name="email" label="E-mail address" type="email" autocomplete=${joining ? "email" : "username"} inputmode="email" autocapitalize="none" maxlength="254" problem=${problems.email} />
      <${Password} autocomplete=${joining ? "new-password" : "current-password"} problem=${problems.password} hint=${joining ? "A few words in a row are easy to remember and hard to guess." : null} />
      ${!joining && html`<p class="field-hint"><a href="/forgot">Forgot your password?</a></p>`}
      <button class="button large full" disabled=${busy}>${busy ? "One moment…" : joining ? "Sign up" : "Log in"}</button>
      ${demo && html`<button type="button" class="button large quiet full" disabled=${busy} onClick=${() => enter(() => logIn(demo))}>Try the demo account</button>`}
      <p class="sign-in-other">${joining ? "You have an account?" : "New here?"} <a href=${otherHref}>${joining ? "Log in" : "Sign up"}</a></p>
    </form>
  </div>`;
}
