// A face, and a slider for each direction through its code that has a name, or for each number.

import { button, slider } from "../controls.js";
import { div, h, note, signed, stack } from "../dom.js";
import { along, described, deviations, moved, randomCode, round, strongest } from "../latent.js";
import { picture } from "../picture.js";
import { put, read, watch } from "../traits.js";

const MORE = 8; // sliders that "More" adds
const FROM = {
  learned: "is a draw from the learned prior.",
  "N(0, I)": "is a draw from the prior N(0, I).",
  "": "draws each number from its own spread, as there is no prior.",
};

/** Move the sliders; `z` is the code. */
export function mount({ model, el, decoder, say }) {
  const [order, labels, centre, spread] = read(model, "order", "labels", "centre", "spread");
  const named = model.get("steps").length > 0;
  const steps = named
    ? model.get("steps")
    : order.map((i) => centre.map((_, k) => (k === i ? spread[i] || 1 : 0)));
  const units = (z, k) => along(z, centre, steps[k]);
  const thing = decoder.channels === 1 ? "picture" : "face";
  const face = picture(decoder);
  const list = div("vae-controls");
  const shown = [];

  const move = (z) => put(model, "z", round(z));

  function add(count) {
    const end = Math.min(shown.length + count, steps.length);
    for (let k = shown.length; k < end; k++) {
      const [label, numbered] = [labels[k], `dimension ${order[k]}`];
      const ends = label.includes("…");
      const control = slider({
        label:
          named || label === numbered ? label : [`${label} `, h("span", { class: "vae-hint" }, numbered)],
        min: -3,
        max: 3,
        step: 0.05,
        value: units(model.get("z"), k),
        format: signed,
        said: ends ? (v) => described(label, v) : deviations,
        onInput: (v) => move(moved(model.get("z"), centre, steps[k], v)),
      });
      shown.push(control);
      list.append(control.el);
    }
    more.hidden = shown.length === steps.length;
  }

  const more = button("More sliders", () => {
    const first = shown.length;
    add(MORE);
    shown[first].el.querySelector("input").focus();
  });

  function show() {
    const z = model.get("z");
    shown.forEach((control, k) => {
      const value = units(z, k);
      if (Math.abs(value - control.value) > 0.03) control.value = value; // else the hand is on it
    });
    const words = `Decoded ${thing}, ${strongest(steps.map((_, k) => [units(z, k), labels[k]]))}`;
    face.label = words;
    say(words);
    decoder.decode([z], ([image]) => face.draw(image));
  }

  stack(
    el,
    div(
      "vae-row",
      div("vae-stay", face),
      div(
        "vae-grow vae-stack",
        list,
        div(
          "vae-buttons",
          button(`Random ${thing}`, () => randomCode(model, decoder, move)),
          button("Reset", () => move(model.get("start"))),
          more,
        ),
      ),
    ),
    note(
      (named
        ? "Each slider moves the code along one direction, in standard deviations of the codes. The first change "
        : "Each slider moves one number of the code, in standard deviations of the codes. The first tell ") +
        `most. A random ${thing} ${FROM[model.get("prior")]}`,
    ),
  );
  add(model.get("count"));
  return watch(model, ["z"], show);
}
