// From face to face: two on a slider, four on a square.

import { bar } from "../bar.js";
import { choice, slider } from "../controls.js";
import { h, number } from "../dom.js";
import { blend, norm, round } from "../latent.js";
import { pad } from "../pad.js";
import { picture } from "../picture.js";

const percent = (share) => `${Math.round(100 * share)} %`;

/** Move between faces; `position` is [a] or [a, b] from 0 to 1, `path` "straight" or "great circle". */
export function mount({ model, el, decoder, say }) {
  const [codes, typical, means] = ["codes", "typical", "means"].map((k) => model.get(k));
  const four = codes.length === 4;
  const make = (label) => picture({ width: decoder.width, height: decoder.height, label });
  const ends = codes.map((_, k) => make(`Face ${k + 1}`));
  const result = make("The face between");
  const norms = codes.map(norm);
  const size = bar({ max: 1.2 * Math.max(typical, ...norms), mark: typical });
  const words = h("p", { class: "vae-note" });
  let drawn = false; // the faces at the ends are decoded once

  function put(name, value) {
    model.set(name, value);
    model.save_changes();
  }
  const where = ([a, b]) =>
    four ? `${percent(a)} to the right, ${percent(b)} down` : `${percent(a)} of the way to face 2`;
  const move = (position) => put("position", round(position));

  // The pad's y grows upwards, the second number of `position` downwards, as one reads.
  const [a, b] = model.get("position");
  const control = four
    ? pad({
        label: "Place among the four faces",
        x: { min: 0, max: 1, name: "right" },
        y: { min: 0, max: 1, name: "up" },
        value: [a, 1 - b],
        onMove: ([x, y]) => move([x, 1 - y]),
        describe: (x, y) => where([x, 1 - y]),
        backdrop(context, width, height) {
          const side = 0.36 * width;
          ends.forEach(({ el: face }, k) =>
            context.drawImage(face, (k % 2) * (width - side), k < 2 ? 0 : height - side, side, side),
          );
        },
      })
    : slider({
        label: "From face 1 to face 2",
        min: 0,
        max: 1,
        step: 0.01,
        value: a,
        format: percent,
        onInput: (v) => move([v]),
      });
  const path = choice({
    label: "Path",
    options: [
      ["straight", "straight line"],
      ["great circle", "great circle"],
    ],
    value: model.get("path"),
    onChange: (value) => put("path", value),
  });

  function follow([x, y]) {
    path.value = model.get("path");
    if (!four && Math.abs(control.value - x) > 0.006) control.value = x;
    if (four && norm([control.value[0] - x, control.value[1] - 1 + y]) > 1e-3) control.value = [x, 1 - y];
  }

  function show() {
    const position = model.get("position");
    follow(position);
    const z = blend(codes, position, model.get("path"));
    size.value = norm(z);
    words.textContent =
      `Norm of the code: ${number(norm(z), 1)}. Of the faces’ codes: ` +
      `${norms.map((n) => number(n, 1)).join(", ")}. ` +
      `Of a draw from N(0, I): about ${number(typical, 1)}, the dashed line.` +
      (means ? " Faces’ codes are means of their posteriors, without the noise of a draw, so smaller." : "");
    result.label = `Face ${where(position)}`;
    say(`${where(position)}. Norm of the code ${number(norm(z), 1)}.`);
    decoder.decode(drawn ? [z] : [z, ...codes], ([image, ...others]) => {
      result.draw(image);
      others.forEach((other, k) => ends[k].draw(other));
      if (others.length && four) control.redraw();
      drawn ||= others.length > 0;
    });
  }

  const figure = (face, caption, kind) =>
    h("figure", { class: kind }, face.el, caption && h("figcaption", {}, caption));
  const faces = four
    ? h("div", { class: "vae-row vae-square" }, control.el, figure(result))
    : h(
        "div",
        { class: "vae-faces" },
        figure(ends[0], "face 1", "vae-end"),
        figure(result, "between"),
        figure(ends[1], "face 2", "vae-end"),
      );
  el.classList.add("vae-stack");
  el.append(
    faces,
    four ? "" : control.el,
    path.el,
    size.el,
    words,
    h(
      "p",
      { class: "vae-note" },
      "A straight line passes nearer to zero, where few draws lie; a great circle keeps the norm.",
    ),
  );
  model.on("change:position", show);
  model.on("change:path", show);
  show();
  return () => {
    model.off("change:position", show);
    model.off("change:path", show);
    control.remove?.();
  };
}
