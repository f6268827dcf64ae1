// Where links in mails lead: a new password, and confirming an e-mail address. And how to ask for one.

import { Field, Form, Password } from "../components/fields.js";
import { navigate, useTitle } from "../page.js";
import { get, notify, peek, send, updateAccount } from "../store.js";
import { html, useEffect, useState } from "../vendor/preact.js";

function Forgot() {
  useTitle("Forgotten password");
  const [sentTo, setSentTo] = useState(null);
  if (sentTo) {
    return html`<div class="sign-in-form" role="status"><h1 tabindex="-1">Look in your mail</h1>
      <p>If <b>${sentTo}</b> has an account here, a link to set a new password is on its way. It works once, for an hour.</p>
      <p class="sign-in-other">Nothing came? Look among the spam, or <button type="button" class="link-button" onClick=${() => setSentTo(null)}>ask again</button>.</p></div>`;
  }
  const ask = async ({ email }) => {
    await send("POST", "/auth/forgot", { body: { email: email.trim() } });
    setSentTo(email.trim());
  };
  return html`<${Form} class="sign-in-form" send=${ask}>${({ problems, busy, alert }) => html`
    <h1 tabindex="-1">Forgotten password</h1>
    <p class="sign-in-lead">We send you a link with which you choose a new one.</p>
    ${alert}
    <${Field} name="email" label="E-mail address" type="email" autocomplete="username" inputmode="email" autocapitalize="none" maxlength="254" problem=${problems.email} />
    <button class="button large full" disabled=${busy}>${busy ? "One moment…" : "Send me a link"}</button>
    <p class="sign-in-other">It came back to you? <a href="/log-in">Log in</a></p>`}<//>`;
}

function Reset({ token }) {
  useTitle("New password");
  const reset = async ({ password }) => {
    await send("POST", "/auth/reset", { body: { token, password } });
    navigate("/log-in", { replace: true });
    notify("Your new password is set. Log in with it.");
  };
  return html`<${Form} class="sign-in-form" send=${reset}>${({ problems, busy, alert }) => html`
    <h1 tabindex="-1">New password</h1>
    <p class="sign-in-lead">It logs you out everywhere else.</p>
    ${alert}
    <${Password} label="New password" autocomplete="new-password" problem=${problems.password} hint="A few words in a row are easy to remember and hard to guess." />
    <button class="button large full" disabled=${busy}>${busy ? "One moment…" : "Set the password"}</button>
    <p class="sign-in-other">The link does not work? <a href="/forgot">Ask for another one</a></p>`}<//>`;
}

function Confirm({ token }) {
  useTitle("Confirm your address");
  const [address, setAddress] = useState(null);
  // A press of a button, because programs that look at mail follow links, too.
  const confirm = async () => {
    const { email } = await send("POST", "/auth/confirm", { body: { token } });
    setAddress(email);
    // Somebody else may be logged in here, so what the link has changed is looked up.
    if (peek().session === "in") get("/me/account").then(({ profile }) => updateAccount(profile), () => {});
  };
  if (address) {
    return html`<div class="sign-in-form" role="status"><h1 tabindex="-1">Confirmed</h1>
      <p><b>${address}</b> is your address, and what you log in with.</p>
      <a class="button large full" href="/">Go on</a></div>`;
  }
  return html`<${Form} class="sign-in-form" send=${confirm}>${({ busy, alert }) => html`
    <h1 tabindex="-1">Confirm your address</h1>
    <p class="sign-in-lead">One press, and we know that mail reaches you.</p>
    ${alert}
    <button class="button large full" disabled=${busy}>${busy ? "One moment…" : "Confirm"}</button>
    ${alert && html`<p class="sign-in-other">Your <a href="/my/account">account</a> page sends another link.</p>`}`}<//>`;
}

export default function Recovery({ entry }) {
  const token = entry.query.get("token");
  const missing = entry.path !== "/forgot" && !token;
  useEffect(() => {
    if (missing) navigate(entry.path === "/reset" ? "/forgot" : peek().session === "out" ? "/log-in" : "/my/account", { replace: true });
  }, [missing]);
  if (missing) return null;
  return html`<div class="wrap recovery">
    ${entry.path === "/forgot" ? html`<${Forgot} />` : entry.path === "/reset" ? html`<${Reset} token=${token} />` : html`<${Confirm} token=${token} />`}</div>`;
}
