// Noise on the code of a picture: when does it stop being a face?

import { bar } from "../bar.js";
import { button, choice, slider } from "../controls.js";
import { div, h, note, number, stack } from "../dom.js";
import { between, howFar } from "../latent.js";
import { figure, picture } from "../picture.js";
import { put, read, watch } from "../traits.js";

const STATE = ["amount", "picture", "direction"];
const FAR = 6; // where the bar ends, in distances between real codes

/** Walk off the data; `amount` in standard deviations, from `picture`, along `direction`. */
export function mount({ model, el, decoder, say }) {
  const [codes, originals, directions] = read(model, "codes", "originals", "directions");
  const [spread, distances] = read(model, "spread", "distances");
  const zero = codes.length; // the choice that begins without a picture
  const decoded = picture(decoder, "Decoded");
  const original = h("img", { alt: "" });
  const originalFigure = figure(original, "original");
  const gauge = bar({ max: FAR, mark: 1 });
  const words = note();
  const far = slider({
    label: "How far, in standard deviations",
    min: 0,
    max: model.get("reach"),
    step: 0.05,
    value: model.get("amount"),
    onInput: (v) => put(model, "amount", v),
  });
  const from = choice({
    label: "Start from",
    options: [
      ...originals.map((src, k) => [k, h("img", { src, alt: `picture ${k + 1}` })]),
      [zero, "no picture"],
    ],
    value: model.get("picture"),
    onChange: (k) => put(model, "picture", k),
  });
  const another = button("Another direction", () =>
    put(model, "direction", (model.get("direction") + 1) % directions.length),
  );

  function show() {
    const [amount, k, d] = read(model, ...STATE);
    far.value = amount;
    from.value = k;
    originalFigure.hidden = k === zero;
    if (k < zero) {
      original.src = originals[k];
      original.alt = `Picture ${k + 1} as it was`;
    }
    const ratio = between(distances[k][d], amount / model.get("step"));
    gauge.value = ratio;
    const prior = k === zero ? " At 1.00 on the slider the code is a draw from N(0, I)." : "";
    words.textContent =
      `The nearest real code is ${number(ratio, 1)} times as far as is usual among real codes: ` +
      `${howFar(ratio)}.${prior}`;
    const away = `${number(amount)} standard deviations in direction ${d + 1}`;
    decoded.label = `Decoded ${away} from ${k === zero ? "zero" : `picture ${k + 1}`}`;
    say(`${away}: ${howFar(ratio)}, ${number(ratio, 1)} times the usual distance.`);
    const walk = directions[d].map((eps, i) => amount * eps * (k === zero ? 1 : spread[i]));
    const start = codes[k] ?? walk.map(() => 0);
    decoder.decode([walk.map((value, i) => start[i] + value)], ([image]) => decoded.draw(image));
  }

  stack(
    el,
    div(
      "vae-row",
      div("vae-faces", originalFigure, figure(decoded, "decoded")),
      div("vae-grow vae-stack", from, far, gauge, words, div("vae-buttons", another)),
    ),
    note(
      "Noise moves the code along one random direction. Distances allow for how far real codes spread in " +
        "each direction; the mark, 1, is their usual distance from the nearest other.",
    ),
  );
  return watch(model, STATE, show);
}
