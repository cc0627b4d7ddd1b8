// A face, and a slider for each of the numbers of its code that tell most.

import { button, slider } from "../controls.js";
import { div, h, note, signed } from "../dom.js";
import { described, randomCode, round, withNumber } from "../latent.js";
import { picture } from "../picture.js";
import { put, read, watch } from "../traits.js";

const MORE = 8; // sliders that "More" adds
const FROM = {
  learned: "is a draw from the prior that the model has learned.",
  "N(0, I)": "is a draw from the prior N(0, I).",
  "": "draws each number from its own spread, as there is no prior.",
};

/** Move the sliders; `z` is the code. */
export function mount({ model, el, decoder, say }) {
  const [order, labels, centre, spread] = read(model, "order", "labels", "centre", "spread");
  const scale = (i) => spread[i] || 1;
  const units = (z, i) => (z[i] - centre[i]) / scale(i);
  const face = picture(decoder, "Decoded face");
  const list = div("vae-controls");
  const shown = [];

  const move = (z) => put(model, "z", round(z));

  function add(count) {
    for (const i of order.slice(shown.length, shown.length + count)) {
      const [label, numbered] = [labels[shown.length], `dimension ${i}`];
      const control = slider({
        label: label === numbered ? label : [`${label} `, h("span", { class: "vae-hint" }, numbered)],
        min: -3,
        max: 3,
        step: 0.05,
        value: units(model.get("z"), i),
        format: signed,
        onInput: (v) => move(withNumber(model.get("z"), i, centre[i] + v * scale(i))),
      });
      shown.push(control);
      list.append(control.el);
    }
    more.hidden = shown.length === order.length;
  }

  const more = button("More sliders", () => {
    const first = shown.length;
    add(MORE);
    shown[first].el.querySelector("input").focus();
  });

  function show() {
    const z = model.get("z");
    shown.forEach((control, k) => {
      const value = units(z, order[k]);
      if (Math.abs(value - control.value) > 0.03) control.value = value; // else the hand is on it
    });
    const moved = order.map((i, k) => [units(z, i), labels[k]]).filter(([v]) => Math.abs(v) >= 0.05);
    moved.sort(([v], [w]) => Math.abs(w) - Math.abs(v));
    const strongest = moved.slice(0, 3).map(([v, label]) => described(label, v));
    const words = `Decoded face, ${strongest.join(", ") || "the centre of the codes"}`;
    face.label = words;
    say(words);
    decoder.decode([z], ([image]) => face.draw(image));
  }

  el.classList.add("vae-stack");
  el.append(
    div(
      "vae-row",
      div("vae-stay", face.el),
      div(
        "vae-grow vae-stack",
        list,
        div(
          "vae-buttons",
          button("Random face", () => randomCode(model, decoder, move)),
          button("Reset", () => move(model.get("start"))),
          more,
        ),
      ),
    ),
    note(
      "Each slider moves one number of the code, in standard deviations of the codes, the most telling " +
        `first. A random face ${FROM[model.get("prior")]}`,
    ),
  );
  add(model.get("count"));
  return watch(model, ["z"], show);
}
