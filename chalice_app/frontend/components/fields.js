// Fields of forms, each with its label, its hint, and what is wrong with it.

import { Icon } from "../page.js";
import { Problem } from "../store.js";
import { html, useRef, useState } from "../vendor/preact.js";

/** What an error says, by field; under `form` where it is about none. */
export function problemsIn(error) {
  const fields = error instanceof Problem ? error.fields : {};
  const wait = error.retryAfter && error.status === 429 ? ` You can try again in ${Math.ceil(error.retryAfter / 60)} min.` : "";
  return { ...fields, form: Object.keys(fields).length ? null : error.message + wait };
}

export function Field({ name, id = name, label, problem, hint, children, ...attributes }) {
  const described = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return html`<div class=${`field ${problem ? "has-problem" : ""}`}>
    <label for=${id}>${label}</label>
    <div class="field-box"><input id=${id} name=${name} aria-invalid=${problem ? "true" : null} aria-describedby=${described || null} required ...${attributes} />${children}</div>
    ${problem ? html`<p class="field-problem" id=${`${id}-problem`}>${problem}</p>` : hint && html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

export function Password({ name = "password", label = "Password", ...attributes }) {
  const [seen, setSeen] = useState(false);
  return html`<${Field} name=${name} label=${label} type=${seen ? "text" : "password"} maxlength="200" ...${attributes}>
    <button type="button" class="icon-button" aria-pressed=${seen ? "true" : "false"} aria-label=${`Show: ${label.toLowerCase()}`} onClick=${() => setSeen(!seen)}><${Icon} name=${seen ? "eyeOff" : "eye"} /></button><//>`;
}

/** A form that says what is wrong beside its fields, and keeps what was typed.
 *
 * `send` gets the values by field; `children` renders the fields from `{ problems, busy }`.
 */
export function Form({ send, children, ...attributes }) {
  const [problems, setProblems] = useState({});
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblems({});
    try {
      await send(Object.fromEntries(new FormData(event.target)), form.current);
    } catch (error) {
      setProblems(problemsIn(error));
      setTimeout(() => (form.current?.querySelector("[aria-invalid]") ?? form.current?.querySelector(".form-problem"))?.focus());
    } finally {
      setBusy(false);
    }
  };
  return html`<form ref=${form} onSubmit=${submit} novalidate ...${attributes}>
    ${children({ problems, busy, alert: problems.form && html`<p class="form-problem" role="alert" tabindex="-1">${problems.form}</p>` })}
  </form>`;
}
