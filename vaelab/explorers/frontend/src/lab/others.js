// The numbers of a code that the plane does not show: a slider each, those with most KL first.

import { slider } from "../controls.js";
import { div, number } from "../dom.js";

const MOST = 12; // sliders
const REACH = 3; // standard deviations of the prior to each side

/** { el, fill(code), sort(unitKl, axes) }; `onMove()` hears the reader. */
export function others(onMove) {
  const el = div("vae-controls lab-others");
  let values = new Map(); // unit -> value
  return {
    el,
    /** Put the sliders' values into a code. */
    fill(code) {
      for (const [unit, value] of values) code[unit] = value;
      return code;
    },
    /** Sliders for the most informative units but those on the axes; they keep their values. */
    sort(unitKl, axes) {
      const units = unitKl.map((_, j) => j).filter((j) => !axes.includes(j));
      units.sort((a, b) => unitKl[b] - unitKl[a]);
      const before = values;
      values = new Map(units.slice(0, MOST).map((j) => [j, before.get(j) ?? 0]));
      const made = [...values].map(([j, value]) => {
        const move = (next) => {
          values.set(j, next);
          onMove();
        };
        const label = `z${j + 1} (KL ${number(unitKl[j], 1)})`;
        return slider({ label, min: -REACH, max: REACH, step: 0.05, value, onInput: move }).el;
      });
      el.replaceChildren(...made);
    },
    clear() {
      values = new Map();
      el.replaceChildren();
    },
  };
}
