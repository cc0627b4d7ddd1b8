// Noise on the code of a picture: when does it stop being a face?

import { bar } from "../bar.js";
import { button, choice, slider } from "../controls.js";
import { h, number } from "../dom.js";
import { between, howFar } from "../latent.js";
import { picture } from "../picture.js";

const FAR = 6; // where the bar ends, in distances between real codes

/** Walk off the data; `amount` in standard deviations, from `picture`, along `direction`. */
export function mount({ model, el, decoder, say }) {
  const [codes, originals, directions, spread, distances] = [
    "codes",
    "originals",
    "directions",
    "spread",
    "distances",
  ].map((k) => model.get(k));
  const zero = codes.length; // the choice that begins without a picture
  const decoded = picture({ width: decoder.width, height: decoder.height, label: "Decoded" });
  const original = h("img", { alt: "" });
  const originalFigure = h("figure", {}, original, h("figcaption", {}, "original"));
  const gauge = bar({ max: FAR, mark: 1 });
  const words = h("p", { class: "vae-note" });

  function put(name, value) {
    model.set(name, value);
    model.save_changes();
  }
  const far = slider({
    label: "How far, in standard deviations",
    min: 0,
    max: model.get("reach"),
    step: 0.05,
    value: model.get("amount"),
    onInput: (v) => put("amount", v),
  });
  const from = choice({
    label: "Start from",
    options: [
      ...originals.map((src, k) => [k, h("img", { src, alt: `picture ${k + 1}` })]),
      [zero, "no picture"],
    ],
    value: model.get("picture"),
    onChange: (k) => put("picture", k),
  });
  const another = button("Another direction", () =>
    put("direction", (model.get("direction") + 1) % directions.length),
  );

  function show() {
    const [amount, k, d] = ["amount", "picture", "direction"].map((name) => model.get(name));
    if (far.value !== amount) far.value = amount;
    from.value = k;
    originalFigure.hidden = k === zero;
    if (k < zero) {
      original.src = originals[k];
      original.alt = `Picture ${k + 1} as it was`;
    }
    const ratio = between(distances[k][d], amount / model.get("step"));
    gauge.value = ratio;
    const prior = k === zero ? " From zero, 1.00 is a draw from N(0, I)." : "";
    words.textContent =
      `${number(ratio, 1)} times as far from the nearest real code as real codes are from one another: ` +
      `${howFar(ratio)}.${prior}`;
    const away = `${number(amount, 1)} standard deviations`;
    decoded.label = `Decoded ${away} from ${k === zero ? "zero" : `picture ${k + 1}`}`;
    say(`${away}: ${howFar(ratio)}, ${number(ratio, 1)} times the usual distance.`);
    const walk = directions[d].map((eps, i) => amount * eps * (k === zero ? 1 : spread[i]));
    const start = codes[k] ?? walk.map(() => 0);
    decoder.decode([walk.map((value, i) => start[i] + value)], ([image]) => decoded.draw(image));
  }

  const buttons = h("div", { class: "vae-buttons" }, another);
  el.classList.add("vae-stack");
  el.append(
    h(
      "div",
      { class: "vae-row" },
      h(
        "div",
        { class: "vae-faces" },
        originalFigure,
        h("figure", {}, decoded.el, h("figcaption", {}, "decoded")),
      ),
      h("div", { class: "vae-grow vae-stack" }, from.el, far.el, gauge.el, words, buttons),
    ),
    h(
      "p",
      { class: "vae-note" },
      "Noise moves the code along one random direction. Distances allow for how far real codes spread in " +
        "each direction; the dashed line, 1, is their distance from one another.",
    ),
  );
  for (const name of ["amount", "picture", "direction"]) model.on(`change:${name}`, show);
  show();
  return () => {
    for (const name of ["amount", "picture", "direction"]) model.off(`change:${name}`, show);
  };
}
