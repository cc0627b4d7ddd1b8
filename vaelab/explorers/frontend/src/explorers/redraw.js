// Pictures that share a part of their codes; the rest is drawn, again and again.

import { button, slider } from "../controls.js";
import { div, note, number, signed, stack } from "../dom.js";
import { deviations, normals, withNumber } from "../latent.js";
import { figure, picture } from "../picture.js";
import { put, read, watch } from "../traits.js";

/** Move what is shared, `held`; draw it or the others, `drawn`, again. */
export function mount({ model, el, decoder, say }) {
  const [held, drawn, [top, bottom]] = read(model, "held", "drawn", "names");
  const faces = drawn.map(() => picture(decoder));
  const sliders = held.map((value, k) =>
    slider({
      label: `${top}, number ${k + 1}`,
      min: -3,
      max: 3,
      step: 0.05,
      value,
      format: signed,
      said: deviations,
      onInput: (v) => put(model, "held", withNumber(model.get("held"), k, v)),
    }),
  );
  const again = (part, name, give) =>
    button(`Draw the ${part} again`, () => {
      put(model, name, give());
      say(`The ${part} is drawn again.`);
    });

  function show() {
    const [shared, rest] = read(model, "held", "drawn");
    const words = `${top} code ${shared.map((v) => number(v)).join(", ")}`;
    sliders.forEach((control, k) => (control.value = shared[k]));
    faces.forEach((face, k) => (face.label = `Picture ${k + 1}: ${words}, a draw of the ${bottom}`));
    decoder.decode(
      rest.map((numbers) => [...shared, ...numbers]),
      (images) => faces.forEach((face, k) => face.draw(images[k])),
    );
  }

  stack(
    el,
    div(
      "vae-faces",
      faces.map((face) => figure(face)),
    ),
    div("vae-controls", sliders),
    div(
      "vae-buttons",
      again(bottom, "drawn", () => drawn.map(normals)),
      again(top, "held", () => normals(held)),
    ),
    note(`One ${top} code for all; for each a draw of the ${bottom} code.`),
  );
  return watch(model, ["held", "drawn"], show);
}
