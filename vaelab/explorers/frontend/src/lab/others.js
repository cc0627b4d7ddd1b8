// The numbers of a code that the plane does not show: a slider each, those with most KL first.

import { slider } from "../controls.js";
import { div, number } from "../dom.js";

const MOST = 12; // sliders
const REACH = 3; // standard deviations of the prior to each side

/** { el, fill(code, axes), take(code), sort(unitKl, axes), clear() }; `onMove()` hears the reader. */
export function others(onMove) {
  const el = div("vae-controls lab-others");
  let values = new Map(); // unit -> value
  let sliders = new Map(); // unit -> its slider
  return {
    el,
    /** Put the numbers that the plane, with these `axes`, does not show into a code. */
    fill(code, axes) {
      for (const [unit, value] of values) if (!axes.includes(unit)) code[unit] = value;
      return code;
    },
    /** Put the sliders, and the numbers without one, where a code is. */
    take(code) {
      for (const unit of values.keys()) values.set(unit, code[unit]);
      for (const [unit, control] of sliders) control.value = code[unit];
    },
    /** Sliders for the most informative units but those on the axes; they keep their values. */
    sort(unitKl, axes) {
      const units = unitKl.map((_, j) => j).filter((j) => !axes.includes(j));
      units.sort((a, b) => unitKl[b] - unitKl[a]);
      const before = values;
      values = new Map([...unitKl.keys()].map((j) => [j, before.get(j) ?? 0]));
      sliders = new Map();
      for (const j of units.slice(0, MOST)) {
        const value = values.get(j);
        const move = (next) => {
          values.set(j, next);
          onMove();
        };
        const label = `Number z${j + 1} (KL ${number(unitKl[j], 1)})`;
        sliders.set(j, slider({ label, min: -REACH, max: REACH, step: 0.05, value, onInput: move }));
      }
      el.replaceChildren(...[...sliders.values()].map((control) => control.el));
    },
    clear() {
      values = new Map();
      sliders = new Map();
      el.replaceChildren();
    },
  };
}
