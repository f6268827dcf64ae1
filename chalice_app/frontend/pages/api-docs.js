// The API for people who build on it, drawn from its own description (OpenAPI).

import { Failure, Nothing, useLoaded, useTitle } from "../page.js";
import { get } from "../store.js";
import { html } from "../vendor/preact.js";

const METHODS = ["get", "put", "post", "delete"]; // HEAD is GET without the body
const PROBLEM = "#/components/schemas/Problem";

const nameOf = (ref) => ref.split("/").pop();
const modelsOf = (api) => Object.entries(api.components.schemas).filter(([, schema]) => !isProblem(schema));
const problemsOf = (api) => Object.values(api.components.schemas).filter(isProblem).sort((a, b) => statusOf(a) - statusOf(b));
const isProblem = (schema) => schema.allOf?.[0].$ref === PROBLEM;
const typeOf = (problem) => problem.properties.type.const;
const statusOf = (problem) => problem.properties.status.const;

/** Text with `code` and **bold** in it. */
const Words = ({ text }) => text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, i) => part.startsWith("`") ? html`<code key=${i}>${part.slice(1, -1)}</code>`
  : part.startsWith("**") ? html`<b key=${i}>${part.slice(2, -2)}</b>` : part);

const Paragraphs = ({ text }) => text.split("\n\n").map((one, i) => html`<p key=${i}><${Words} text=${one.replaceAll("\n", " ")} /></p>`);

function showModel(name) {
  const model = document.getElementById(`model-${name}`);
  model.open = true;
  model.scrollIntoView({ block: "center" });
  model.querySelector("summary").focus();
}

/** What a value may be, in a few words. */
function Kind({ schema }) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return html`<button type="button" class="link-button" onClick=${() => showModel(name)}>${name}</button>`;
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((one, i) => html`<span key=${i}>${i > 0 && " or "}<${Kind} schema=${one} /></span>`);
  if (schema.type === "array") return html`list of <${Kind} schema=${schema.items} />`;
  if (schema.additionalProperties) return html`map of <${Kind} schema=${schema.additionalProperties} />`;
  if (schema.enum) return schema.enum.map((one, i) => html`<span key=${i}>${i > 0 && " or "}<code>${one}</code></span>`);
  if (schema.const !== undefined) return html`<code>${schema.const}</code>`;
  const { minimum, maximum, minLength, maxLength, multipleOf, format, default: usual } = schema;
  const limits = [
    format,
    minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : minimum !== undefined ? `at least ${minimum}` : null,
    multipleOf && `steps of ${multipleOf}`,
    maxLength && `${minLength ? `${minLength} to` : "at most"} ${maxLength} characters`,
    usual !== undefined && `${usual} if not given`,
  ].filter(Boolean);
  return [schema.type ?? "anything", ...limits].join(", ");
}

const Fields = ({ schema }) => html`<ul class="api-fields">${Object.entries(schema.properties).map(([name, field]) => html`<li key=${name}>
  <code>${name}</code> <span><${Kind} schema=${field} />${schema.required && !schema.required.includes(name) && ", may be missing"}</span>
  ${field.description && html`<p><${Words} text=${field.description} /></p>`}</li>`)}</ul>`;

const Model = ({ schema }) => html`${schema.description && html`<${Paragraphs} text=${schema.description} />`}
  ${schema.properties ? html`<${Fields} schema=${schema} />` : html`<p><${Kind} schema=${schema} /></p>`}`;

const Content = ({ content }) => Object.entries(content).map(([type, { schema }]) => html`<span key=${type}>${schema ? html`<${Kind} schema=${schema} />` : html`<code>${type}</code>`}</span>`);

function Answers({ api, responses }) {
  const [good, bad] = [[], []];
  for (const [status, response] of Object.entries(responses)) (status < 400 ? good : bad).push([status, response]);
  const kinds = bad.flatMap(([, { content }]) => {
    const { schema } = content["application/problem+json"];
    return (schema.oneOf ?? [schema]).map(({ $ref }) => api.components.schemas[nameOf($ref)]);
  });
  return html`<h3>Answers</h3>
    <ul class="api-fields">${good.map(([status, { description, content }]) => html`<li key=${status}><code>${status}</code> <span>${content ? html`<${Content} content=${content} />` : description}</span></li>`)}
      ${kinds.map((kind) => html`<li key=${typeOf(kind)}><code>${statusOf(kind)}</code> <a href=${typeOf(kind)}>${kind.title}</a></li>`)}</ul>`;
}

function Operation({ api, method, path, operation }) {
  const parameters = (operation.parameters ?? []).map((one) => (one.$ref ? api.components.parameters[nameOf(one.$ref)] : one));
  const needs = (operation.security ?? []).flatMap(Object.keys);
  return html`<details class="api-operation"><summary><span class=${`api-method ${method}`}>${method.toUpperCase()}</span> <code>${path}</code> <span>${operation.summary}</span></summary>
    <div class="api-inside">
      ${operation.description && html`<${Paragraphs} text=${operation.description} />`}
      ${needs.includes("accessToken") && html`<p>Needs an access token.</p>`}
      ${needs.includes("refreshCookie") && html`<p>Reads the refresh cookie.</p>`}
      ${parameters.length > 0 && html`<h3>Parameters</h3><ul class="api-fields">${parameters.map((one) => html`<li key=${one.name}>
        <code>${one.name}</code> <span>${one.in}: <${Kind} schema=${one.schema} />${one.explode === false && ", with commas between"}</span>
        ${one.description && html`<p><${Words} text=${one.description} /></p>`}</li>`)}</ul>`}
      ${operation.requestBody && html`<h3>Body</h3><p><${Content} content=${operation.requestBody.content} /></p>`}
      <${Answers} api=${api} responses=${operation.responses} />
    </div></details>`;
}

const operationsOf = (api) => Object.entries(api.paths).flatMap(([path, methods]) =>
  METHODS.filter((method) => methods[method]).map((method) => ({ method, path, operation: methods[method] })));

function Everything({ api }) {
  const operations = operationsOf(api);
  return html`<h1 tabindex="-1">API</h1>
    <p class="lead">${operations.length} operations below <code>${api.servers[0].url}</code>, in <a href=${`${api.servers[0].url}/openapi.json`} target="_blank" rel="noopener">OpenAPI ${api.openapi}</a> for your tools.</p>
    <${Paragraphs} text=${api.info.description} />
    ${api.tags.map(({ name, description }) => html`<section key=${name}><h2>${name}</h2><p>${description}</p>
      ${operations.filter(({ operation }) => operation.tags.includes(name)).map((one) => html`<${Operation} key=${one.method + one.path} api=${api} ...${one} />`)}</section>`)}
    <section><h2>Models</h2>${modelsOf(api).map(([name, schema]) => html`<details class="api-operation" id=${`model-${name}`} key=${name}>
      <summary><code>${name}</code></summary><div class="api-inside"><${Model} schema=${schema} /></div></details>`)}</section>
    <section><h2>Problems</h2><ul class="api-fields">${problemsOf(api).map((problem) => html`<li key=${typeOf(problem)}>
      <code>${statusOf(problem)}</code> <a href=${typeOf(problem)}>${typeOf(problem)}</a><p><${Words} text=${problem.description} /></p></li>`)}</ul></section>`;
}

function OneProblem({ api, slug }) {
  const problem = problemsOf(api).find((one) => typeOf(one) === `/problems/${slug}`);
  if (!problem) {
    return html`<h1 tabindex="-1">Unknown problem</h1><${Nothing} title="There is no problem of this name">
      <p class="note-actions"><a class="button" href="/api-docs">See the API</a></p><//>`;
  }
  return html`<h1 tabindex="-1">${problem.title}</h1>
    <p class="lead"><${Words} text=${problem.description} /></p>
    <p>An answer of the API with status <code>${statusOf(problem)}</code> and <code>${`"type": "${typeOf(problem)}"`}</code> means this. Its <code>detail</code> says more.</p>
    <p><a href="/api-docs">All of the API</a></p>`;
}

export default function ApiDocs({ params }) {
  useTitle("API");
  const { data, error, retry } = useLoaded((signal) => get("/openapi.json", null, signal), []);
  return html`<div class="wrap prose api-docs">${error ? html`<${Failure} error=${error} retry=${retry} />`
    : !data ? html`<h1 tabindex="-1">API</h1><div class="waiting" aria-busy="true"></div>`
    : params.slug ? html`<${OneProblem} api=${data} slug=${params.slug} />` : html`<${Everything} api=${data} />`}</div>`;
}
