// From face to face: two on a slider, four on a square.

import { bar } from "../bar.js";
import { choice, slider } from "../controls.js";
import { div, note, number, stack } from "../dom.js";
import { blend, norm, round } from "../latent.js";
import { pad } from "../pad.js";
import { figure, picture } from "../picture.js";
import { put, read, watch } from "../traits.js";

const percent = (share) => `${Math.round(100 * share)} %`;

/** Move between faces; `position` is [a] or [a, b] from 0 to 1, `path` "straight" or "great circle". */
export function mount({ model, el, decoder, say }) {
  const [codes, typical, means] = read(model, "codes", "typical", "means");
  const four = codes.length === 4;
  const ends = codes.map((_, k) => picture(decoder, `Face ${k + 1}`));
  const result = picture(decoder, "The face between");
  const norms = codes.map(norm);
  const size = bar({ max: 1.2 * Math.max(typical, ...norms), mark: typical });
  const words = note();
  let drawn = false; // the faces at the ends are decoded once

  const where = ([a, b]) =>
    four ? `${percent(a)} to the right, ${percent(b)} down` : `${percent(a)} of the way to face 2`;
  const move = (position) => put(model, "position", round(position));

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
    onChange: (value) => put(model, "path", value),
  });

  function show() {
    const [position, way] = read(model, "position", "path");
    control.value = four ? [position[0], 1 - position[1]] : position[0];
    path.value = way;
    const z = blend(codes, position, way);
    size.value = norm(z);
    words.textContent =
      `Norm of the code: ${number(norm(z), 1)}. Of the faces’ codes: ` +
      `${norms.map((n) => number(n, 1)).join(", ")}. ` +
      `Of a draw from N(0, I): about ${number(typical, 1)}, the mark on the bar.` +
      (means ? " Faces’ codes are means, without the noise of a draw, so mostly smaller." : "");
    result.label = `Face ${where(position)}, ${way}`;
    say(`${where(position)}. Norm of the code ${number(norm(z), 1)}.`);
    decoder.decode(drawn ? [z] : [z, ...codes], ([image, ...others]) => {
      result.draw(image);
      others.forEach((other, k) => ends[k].draw(other));
      if (others.length && four) control.redraw();
      drawn ||= others.length > 0;
    });
  }

  const faces = four
    ? div("vae-row vae-square", control.el, result.el)
    : div(
        "vae-faces",
        figure(ends[0].el, "face 1", "vae-end"),
        figure(result.el, "between"),
        figure(ends[1].el, "face 2", "vae-end"),
      );
  stack(
    el,
    faces,
    four ? "" : control,
    path,
    size,
    words,
    note(
      "A straight line passes nearer to zero, where few draws lie; a great circle keeps about the norm of " +
        "its ends.",
    ),
  );
  const stop = watch(model, ["position", "path"], show);
  return () => {
    stop();
    control.remove?.();
  };
}
