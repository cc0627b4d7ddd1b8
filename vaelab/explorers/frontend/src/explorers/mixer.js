// A face plus attribute vectors, a slider each.

import { button, choice, slider } from "../controls.js";
import { div, h, note, signed, stack } from "../dom.js";
import { mix, round, spoken, withNumber } from "../latent.js";
import { figure, picture } from "../picture.js";
import { put, read, watch } from "../traits.js";

const FULL = 1.5;

/**
 * Add attributes to a face; `amounts` has one number a vector, `face` is the one that is changed, -1 for the one
 * last drawn from the prior.
 */
export function mount({ model, el, decoder, say }) {
  const [codes, vectors, labels, thumbnails] = read(model, "codes", "vectors", "labels", "thumbnails");
  const before = picture(decoder);
  const after = picture(decoder);
  const add = (amounts) => put(model, "amounts", amounts);
  const sliders = labels.map((label, k) =>
    slider({
      label,
      min: -FULL,
      max: FULL,
      step: 0.05,
      value: model.get("amounts")[k],
      format: signed,
      said: (v) => `${spoken(v)} of its vector`,
      onInput: (v) => add(withNumber(model.get("amounts"), k, v)),
    }),
  );
  const faces = choice({
    label: "Start from",
    options: codes.map((_, k) => {
      const text = `face ${k + 1}`;
      return [k, thumbnails[k] ? h("img", { src: thumbnails[k], alt: text }) : text];
    }),
    value: model.get("face"),
    onChange: (k) => put(model, "face", k),
  });
  const another = button("Another face", () =>
    decoder.draw((code) => {
      put(model, "drawn", round(code));
      put(model, "face", -1);
    }),
  );

  let last; // the code that was spoken of

  function show() {
    const [amounts, k] = read(model, "amounts", "face");
    faces.value = k;
    sliders.forEach((control, i) => (control.value = amounts[i]));
    const added = labels.map((label, k) => amounts[k] && `${label} ${spoken(amounts[k])}`).filter(Boolean);
    const words = added.join(", ") || "nothing added";
    const [name, code] = k < 0 ? ["Another face", model.get("drawn")] : [`Face ${k + 1}`, codes[k]];
    const label = `${name} with ${words}`;
    before.label = `${name} as decoded`;
    after.label = label;
    say(code === last ? words : label);
    last = code;
    decoder.decode([code, mix(code, vectors, amounts)], (images) => {
      before.draw(images[0]);
      after.draw(images[1]);
    });
  }

  const alone = codes.length === 1 && thumbnails.length;
  const original = alone ? figure(h("img", { src: thumbnails[0], alt: "The picture" }), "the picture") : null;
  stack(
    el,
    div("vae-row vae-starts", codes.length > 1 ? faces : null, model.get("prior") ? another : null),
    div(
      "vae-row",
      div("vae-faces", original, figure(before, "as decoded"), figure(after, "with what you add")),
      div(
        "vae-grow vae-stack",
        div("vae-controls", sliders),
        div(
          "vae-buttons",
          button("Reset", () => add(labels.map(() => 0))),
        ),
      ),
    ),
    note(
      "At 1 the whole change is added, below 0 it is taken away. Watch what else changes.",
      model.get("prior") === "learned" ? " Another face is a draw from the learned prior." : "",
    ),
  );
  return watch(model, ["amounts", "face", "drawn"], show);
}
