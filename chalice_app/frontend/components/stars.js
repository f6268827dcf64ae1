// The rating control: ten native radios, one for each half star.

import { html, useMemo, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./base.js";

const HALVES = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5];
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const SETTLE_MS = 900; // after the last arrow key, as an arrow passes over stars that are not meant

export const starsAloud = (stars) => `${stars} ${stars === 1 ? "star" : "stars"}`;

let instances = 0;

/** `onRate` is called with 0.5 to 5, or null to take the rating back.
 *
 * Clicks, taps and slides count at once. Arrow keys only move; the stars count on Enter, or (unless
 * `patient`) after a moment of rest or when the focus leaves.
 */
export function Stars({ movie, value, onRate, size = "", patient = false, clearable = true }) {
  const name = useMemo(() => `stars-${++instances}`, []);
  const [draft, setDraft] = useState(null);
  const byArrow = useRef(false);
  const timer = useRef(0);
  const sliding = useRef(false);
  const box = useRef(null);
  const shown = draft ?? value;

  const settle = (stars) => {
    clearTimeout(timer.current);
    setDraft(null);
    byArrow.current = false;
    if (stars !== null && stars !== value) onRate(stars);
  };
  const clear = () => {
    settle(null);
    onRate(null);
    box.current.querySelector("input").focus();
  };
  const onKeyDown = (event) => {
    byArrow.current = ARROWS.includes(event.key);
    if (event.key === "Enter" && draft !== null) {
      event.preventDefault();
      settle(draft);
    }
    if ((event.key === "Delete" || event.key === "Backspace") && value && clearable) clear();
  };
  const onChange = (event) => {
    const stars = Number(event.target.value);
    if (!byArrow.current) return settle(stars);
    setDraft(stars);
    clearTimeout(timer.current);
    if (!patient) timer.current = setTimeout(() => settle(stars), SETTLE_MS);
    return undefined;
  };
  const onFocusOut = (event) => {
    if (box.current?.contains(event.relatedTarget)) return; // without a box the card itself has gone
    if (patient) setDraft(null);
    else if (draft !== null) settle(draft);
  };

  // A finger may slide along the stars: halves are narrow to hit on a small poster.
  const under = (event) => {
    const { left, width } = box.current.querySelector(".stars-row").getBoundingClientRect();
    return Math.min(5, Math.max(0.5, Math.ceil(((event.clientX - left) / width) * 10) / 2));
  };
  const onPointerDown = (event) => {
    byArrow.current = false;
    sliding.current = event.pointerType === "touch";
  };
  const onPointerMove = (event) => sliding.current && setDraft(under(event));
  const onPointerUp = (event) => {
    if (sliding.current && draft !== null) settle(under(event));
    sliding.current = false;
  };
  const onPointerCancel = () => {
    sliding.current = false;
    setDraft(null);
  };

  return html`<fieldset class=${`stars ${size} ${draft !== null ? "draft" : ""}`} ref=${box} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
    <legend class="hidden">Your stars for ${movie.title}</legend>
    <div class="stars-row" onPointerDown=${onPointerDown} onPointerMove=${onPointerMove} onPointerUp=${onPointerUp} onPointerCancel=${onPointerCancel}>
      ${HALVES.map((half) => html`<input key=${half} type="radio" name=${name} id=${`${name}-${half}`} value=${half}
            checked=${shown === half} onChange=${onChange} />
          <label key=${`l${half}`} for=${`${name}-${half}`} class=${shown >= half ? "on" : ""}><span class="hidden">${starsAloud(half)}</span></label>`)}
    </div>
    ${value && clearable ? html`<button type="button" class="stars-clear" aria-label=${`Remove your rating of ${movie.title}`} title="Remove your rating"
          onClick=${clear}><${Icon} name="close" /></button>` : null}
  </fieldset>`;
}
