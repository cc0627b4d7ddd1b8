// A decoded picture on a canvas, with a description for those who cannot see it.

import { h } from "./dom.js";

/** A place for a decoder's pictures, scaled up by CSS: { el, label, draw(ImageData) }. */
export function picture({ width, height }, label) {
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

/** A picture, or what else there is to see, with words under it. */
export const figure = (content, caption, kind) =>
  h("figure", { class: kind }, content, caption && h("figcaption", {}, caption));
