// A decoded picture on a canvas, with a description for those who cannot see it.

import { h } from "./dom.js";

/** A picture of width x height pixels, scaled up by CSS: { el, label, draw(ImageData) }. */
export function picture({ width, height, label }) {
  const el = h("canvas", { class: "vae-picture", width, height, role: "img", "aria-label": label });
  const context = el.getContext("2d");
  return {
    el,
    draw: (image) => context.putImageData(image, 0, 0),
    set label(text) {
      el.setAttribute("aria-label", text);
    },
  };
}
