// A face plus attribute vectors, a slider each.

import { button, choice, slider } from "../controls.js";
import { h, number } from "../dom.js";
import { mix, spoken, withNumber } from "../latent.js";
import { picture } from "../picture.js";

const FULL = 1.5;

/** Add attributes to a face; `amounts` has one number a vector, `face` is the one that is changed. */
export function mount({ model, el, decoder, say }) {
  const [codes, vectors, labels, thumbnails] = ["codes", "vectors", "labels", "thumbnails"].map((k) =>
    model.get(k),
  );
  const size = { width: decoder.width, height: decoder.height };
  const before = picture({ ...size, label: "The face as it is decoded, nothing added" });
  const after = picture({ ...size, label: "The face with attributes added" });

  function put(name, value) {
    model.set(name, value);
    model.save_changes();
  }
  const reset = () =>
    put(
      "amounts",
      labels.map(() => 0),
    );
  const sliders = labels.map((label, k) =>
    slider({
      label,
      min: -FULL,
      max: FULL,
      step: 0.05,
      value: model.get("amounts")[k],
      format: (v) => (v > 0 ? "+" : "") + number(v),
      onInput: (v) => put("amounts", withNumber(model.get("amounts"), k, v)),
    }),
  );
  const faces = choice({
    label: "Start from",
    options: codes.map((_, k) => {
      const text = `face ${k + 1}`;
      return [k, thumbnails[k] ? h("img", { src: thumbnails[k], alt: text }) : text];
    }),
    value: model.get("face"),
    onChange: (k) => put("face", k),
  });

  function show() {
    const amounts = model.get("amounts");
    const code = codes[model.get("face")];
    faces.value = model.get("face");
    sliders.forEach((control, k) => {
      if (control.value !== amounts[k]) control.value = amounts[k];
    });
    const added = labels.map((label, k) => amounts[k] && `${label} ${spoken(amounts[k])}`).filter(Boolean);
    const words = added.join(", ") || "nothing added";
    after.label = `Face ${model.get("face") + 1} with ${words}`;
    say(words);
    decoder.decode([code, mix(code, vectors, amounts)], (images) => {
      before.draw(images[0]);
      after.draw(images[1]);
    });
  }

  const figure = (content, caption) => h("figure", {}, content, h("figcaption", {}, caption));
  const alone = codes.length === 1 && thumbnails.length;
  const original = alone ? figure(h("img", { src: thumbnails[0], alt: "The picture" }), "the picture") : null;
  el.classList.add("vae-stack");
  el.append(
    codes.length > 1 ? faces.el : "",
    h(
      "div",
      { class: "vae-row" },
      h(
        "div",
        { class: "vae-faces" },
        original,
        figure(before.el, "as decoded"),
        figure(after.el, "with what you add"),
      ),
      h(
        "div",
        { class: "vae-grow vae-stack" },
        h("div", { class: "vae-controls" }, sliders.map((control) => control.el)),
        h("div", { class: "vae-buttons" }, button("Reset", reset)),
      ),
    ),
    h(
      "p",
      { class: "vae-note" },
      "At 1 the whole attribute vector is added, below 0 it is taken away. Watch what else changes.",
    ),
  );
  model.on("change:amounts", show);
  model.on("change:face", show);
  show();
  return () => {
    model.off("change:amounts", show);
    model.off("change:face", show);
  };
}
