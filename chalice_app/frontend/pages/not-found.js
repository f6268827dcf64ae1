// There is no page at the address.

import { useTitle } from "../page.js";
import { html } from "../vendor/preact.js";

export default function NotFound() {
  useTitle("Page not found");
  return html`<div class="wrap not-found">
    <p class="not-found-number" aria-hidden="true">404</p>
    <h1 tabindex="-1">This reel is missing</h1>
    <p>There is no page at this address. It may have moved, or never been.</p>
    <p class="note-actions"><a class="button" href="/">Go home</a> <a class="button quiet" href="/browse">Browse films</a></p>
  </div>`;
}
