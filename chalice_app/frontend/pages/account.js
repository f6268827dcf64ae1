// My account: who I am here, where I am logged in, and leaving for good.

import { Field, Form, Password } from "../components/fields.js";
import { Failure, useLoaded, useTitle } from "../page.js";
import { get, leaveForGood, notify, request, updateAccount, useStore } from "../store.js";
import { html, useEffect, useState } from "../vendor/preact.js";

const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function since(moment) {
  const minutes = Math.round((Date.now() - moment) / 60_000);
  if (minutes < 20) return "just now";
  if (minutes < 90) return ago.format(-minutes, "minute");
  return minutes < 36 * 60 ? ago.format(-Math.round(minutes / 60), "hour") : ago.format(-Math.round(minutes / 1440), "day");
}

const failed = (what) => (error) => notify(`${what} ${error.message}`, { tone: "bad" });

/** A button that asks once more before it acts. */
function Twice({ label, sure, act }) {
  const [asking, setAsking] = useState(null); // null: never asked, so the focus is elsewhere
  const land = (it) => it?.focus();
  if (!asking) return html`<button key="ask" type="button" class="button quiet small" ref=${asking === false ? land : null} onClick=${() => setAsking(true)}>${label}</button>`;
  return html`<span class="twice"><button type="button" class="button small" ref=${land} onClick=${() => { setAsking(false); act(); }}>${sure}</button>
    <button type="button" class="button quiet small" onClick=${() => setAsking(false)}>Cancel</button></span>`;
}

/** A part of the page whose form opens at a button. */
function Part({ title, value, change, children }) {
  const [open, setOpen] = useState(false);
  return html`<section class="account-part"><div class="account-line"><div><h2>${title}</h2>${value}</div>
      <button type="button" class="button quiet small" aria-expanded=${open ? "true" : "false"} aria-label=${`${open ? "Cancel" : change}: ${title.toLowerCase()}`} onClick=${() => setOpen(!open)}>${open ? "Cancel" : change}</button></div>
    ${open && children(() => setOpen(false))}</section>`;
}

const Save = ({ busy, children }) => html`<button class="button" disabled=${busy}>${busy ? "One moment…" : children}</button>`;

function Name({ account }) {
  const send = (done) => async ({ name }) => {
    updateAccount(await request("PUT", "/me/name", { body: { name } }));
    done();
    notify("Your name is changed.");
  };
  return html`<${Part} title="Name" change="Change" value=${html`<p>${account.name}</p>`}>${(done) => html`
    <${Form} class="account-form" send=${send(done)}>${({ problems, busy, alert }) => html`${alert}
      <${Field} name="name" label="Name" autocomplete="name" maxlength="80" defaultValue=${account.name} problem=${problems.name} />
      <${Save} busy=${busy}>Save the name<//>`}<//>`}<//>`;
}

function Email({ account, pending, reload }) {
  const send = (done) => async ({ email, password }) => {
    await request("PUT", "/me/email", { body: { email: email.trim(), password } });
    done();
    reload();
    notify(email.trim().toLowerCase() === account.email ? "Your address stays what it is." : `A link is on its way to ${email.trim()}.`);
  };
  const again = () => request("POST", "/me/confirmation").then(() => notify(`A link is on its way to ${pending ?? account.email}.`), failed("No mail was sent."));
  const keep = () => request("DELETE", "/me/pending-email").then(() => { reload(); notify("Your address stays what it is."); }, failed("That was not saved."));
  return html`<${Part} title="E-mail address" change="Change" value=${html`<p>${account.email}</p>
      ${pending ? html`<p class="account-hint"><b>${pending}</b> takes its place once you follow the link that was sent there.
          <button type="button" class="link-button" onClick=${again}>Send again</button> · <button type="button" class="link-button" onClick=${keep}>Keep the present one</button></p>`
        : !account.email_confirmed && html`<p class="account-hint">Not confirmed yet: follow the link that was sent there. <button type="button" class="link-button" onClick=${again}>Send again</button></p>`}`}>${(done) => html`
    <${Form} class="account-form" send=${send(done)}>${({ problems, busy, alert }) => html`${alert}
      <${Field} name="email" label="New e-mail address" type="email" autocomplete="email" inputmode="email" autocapitalize="none" maxlength="254" problem=${problems.email} hint="It becomes your log-in once you follow the link that we send there." />
      <${Password} id="email-password" label="Your password" autocomplete="current-password" problem=${problems.password} />
      <${Save} busy=${busy}>Send the link<//>`}<//>`}<//>`;
}

function PasswordPart({ account, reload }) {
  const send = (done) => async ({ current, password }) => {
    await request("PUT", "/me/password", { body: { current, password } });
    done();
    reload();
    notify("Your password is changed, and other devices are logged out.");
  };
  return html`<${Part} title="Password" change="Change" value=${html`<p class="account-hint">Changing it logs out every other device.</p>`}>${(done) => html`
    <${Form} class="account-form" send=${send(done)}>${({ problems, busy, alert }) => html`${alert}
      <input type="hidden" name="username" autocomplete="username" value=${account.email} />
      <${Password} name="current" id="current-password" label="Present password" autocomplete="current-password" problem=${problems.current} />
      <${Password} id="new-password" label="New password" autocomplete="new-password" problem=${problems.password} hint="A few words in a row are easy to remember and hard to guess." />
      <${Save} busy=${busy}>Change the password<//>
      <p class="field-hint"><a href="/forgot">Forgot your password?</a></p>`}<//>`}<//>`;
}

function Sessions({ sessions, show }) {
  const end = async (gone, act, said) => {
    show(sessions.filter((one) => !gone(one)));
    try {
      await act();
      notify(said);
    } catch (error) {
      show(sessions);
      failed("Nothing was logged out.")(error);
    }
  };
  return html`<section class="account-part"><h2>Where you are logged in</h2>
    <ul class="devices">${sessions.map((one) => html`<li key=${one.session_id} class="account-line"><div><b>${one.device}</b>${one.current && html` <span class="for-you">This device</span>`}
        <p class="account-hint">Since ${day.format(one.began_at)} · used ${one.current ? "now" : since(one.used_at)}</p></div>
      ${!one.current && html`<${Twice} label="Log out" sure="Log it out" act=${() => end((other) => other === one, () => request("DELETE", `/me/sessions/${one.session_id}`), `${one.device} is logged out.`)} />`}</li>`)}</ul>
    ${sessions.length > 1 && html`<${Twice} label="Log out everywhere else" sure="Log them all out" act=${() => end((one) => !one.current, () => request("DELETE", "/me/sessions"), "You are logged out everywhere else.")} />`}</section>`;
}

function Leave({ account }) {
  const [typed, setTyped] = useState("");
  const send = ({ password }) => leaveForGood(password);
  return html`<${Part} title="Delete your account" change="Delete" value=${html`<p class="account-hint">Your profile, stars and marks are gone at once and for good.
      What the suggestion models have learned from your stars, they forget at their next training.</p>`}>${() => html`
    <${Form} class="account-form" send=${send}>${({ problems, busy, alert }) => html`${alert}
      <${Field} name="sure" label=${html`Type <b>${account.email}</b> to be sure`} autocomplete="off" autocapitalize="none" onInput=${({ target }) => setTyped(target.value)} />
      <${Password} id="leave-password" label="Your password" autocomplete="current-password" problem=${problems.password} />
      <button class="button bad" disabled=${busy || typed.trim().toLowerCase() !== account.email}>${busy ? "One moment…" : "Delete my account"}</button>`}<//>`}<//>`;
}

export default function Account() {
  useTitle("Account");
  const account = useStore((state) => state.account);
  const [attempt, setAttempt] = useState(0);
  const [sessions, setSessions] = useState(null);
  const [pending, setPending] = useState(null);
  const { data, error, retry } = useLoaded((signal) => get("/me/account", null, signal), [attempt]);
  useEffect(() => {
    if (!data) return;
    updateAccount(data.profile);
    setPending(data.pending_email);
    setSessions(data.sessions);
  }, [data]);
  if (!account) return null;
  const reload = () => setAttempt((count) => count + 1);
  return html`<div class="wrap narrow account-page">
    <div class="page-head"><h1 tabindex="-1">Account</h1><p class="count">Here since ${day.format(account.joined_at)}</p></div>
    ${error && !sessions ? html`<${Failure} error=${error} retry=${retry} />`
      : !sessions ? html`<div aria-busy="true">${[1, 2, 3, 4].map((i) => html`<div class="account-part skeleton" key=${i}><span class="bar short"></span><span class="bar"></span></div>`)}</div>`
      : html`<${Name} account=${account} /><${Email} account=${account} pending=${pending} reload=${reload} /><${PasswordPart} account=${account} reload=${reload} />
        <${Sessions} sessions=${sessions} show=${setSessions} /><${Leave} account=${account} />`}
  </div>`;
}
