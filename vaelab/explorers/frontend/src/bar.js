// A bar with a mark on it: how large a number is against a known one. The words stand beside it.

import { clamp, div, h } from "./dom.js";

/** A bar from 0 to `max` with a line at `mark`, nothing to screen readers: { el, value }. */
export function bar({ max, mark, value = 0 }) {
  const share = (number) => `${100 * clamp(number / max, 0, 1)}%`;
  const fill = h("span", { class: "vae-bar-fill" });
  const line = h("span", { class: "vae-bar-mark", style: { left: share(mark) } });
  const control = {
    el: div("vae-bar", fill, line),
    set value(next) {
      fill.style.width = share(next);
    },
  };
  control.value = value;
  return control;
}
