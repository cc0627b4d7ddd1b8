// Sliders, buttons and choices: the browser's own, with labels.

import { h, number, uniqueId } from "./dom.js";

/**
 * A labelled slider: { el, value }. `onInput(value)` hears the reader, not code that sets `value`; `said` is
 * `format` for the ear.
 * @param {{label: string, min: number, max: number, step?: number, value: number,
 *   format?: (value: number) => string, said?: (value: number) => string, onInput?: (value: number) => void}} options
 */
export function slider({
  label,
  min,
  max,
  step = 0.01,
  value,
  format = (v) => number(v),
  said = format,
  onInput,
}) {
  const id = uniqueId();
  const output = h("output", { for: id, "aria-live": "off" });
  const input = h("input", { type: "range", id, min, max, step });
  const show = () => {
    output.textContent = format(input.valueAsNumber);
    input.setAttribute("aria-valuetext", said(input.valueAsNumber));
  };
  input.addEventListener("input", () => {
    show();
    onInput?.(input.valueAsNumber);
  });
  let before = null; // a finger that only scrolls past has moved the thumb, and takes that back
  input.addEventListener("pointerdown", ({ pointerType }) => {
    before = pointerType === "touch" ? input.value : null;
  });
  input.addEventListener("pointercancel", () => {
    if (before === null || before === input.value) return;
    input.value = before;
    input.dispatchEvent(new Event("input"));
  });
  const el = h("div", { class: "vae-slider" }, h("label", { for: id }, label), output, input);
  const control = {
    el,
    get value() {
      return input.valueAsNumber;
    },
    set value(next) {
      input.value = next;
      show();
    },
  };
  control.value = value;
  return control;
}

/** A button. */
export const button = (text, onClick, attributes = {}) =>
  h("button", { type: "button", class: "vae-button", onclick: onClick, ...attributes }, text);

/**
 * One of several, drawn as a row of joined buttons: { el, value }.
 * @param {{label: string, options: [any, string][], value: any, onChange?: (value: any) => void}} options
 */
export function choice({ label, options, value, onChange }) {
  const name = uniqueId();
  const inputs = options.map(([option], i) =>
    h("input", {
      type: "radio",
      name,
      id: `${name}-${i}`,
      onchange: () => onChange?.(option),
    }),
  );
  const boxes = options.flatMap(([, text], i) => [inputs[i], h("label", { for: `${name}-${i}` }, text)]);
  const el = h(
    "fieldset",
    { class: "vae-choice" },
    h("legend", {}, label),
    h("div", { class: "vae-segments" }, boxes),
  );
  const control = {
    el,
    get value() {
      return options[inputs.findIndex((input) => input.checked)]?.[0];
    },
    set value(next) {
      inputs.forEach((input, i) => (input.checked = options[i][0] === next));
    },
  };
  control.value = value;
  return control;
}

/** A box to tick: { el, value }. */
export function toggle({ label, value, onChange }) {
  const input = h("input", { type: "checkbox", onchange: () => onChange?.(input.checked) });
  input.checked = value;
  return {
    el: h("label", { class: "vae-toggle" }, input, label),
    get value() {
      return input.checked;
    },
    set value(next) {
      input.checked = next;
    },
  };
}
