// Pictures as bytes onto a canvas: grey ones as ink on the page's paper, in either theme, colour ones as they are.

import { colour, h } from "../dom.js";

/** [red, green, blue] of "#rrggbb", 0 to 255. */
export const rgb = (hex) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));

/** `count` pictures (C, H, W) of `bytes`, from the `first` on, side by side in `columns`, as ImageData. */
export function sheet(bytes, [channels, height, width], { first = 0, count, columns, ink }) {
  const rows = Math.ceil(count / columns),
    image = new ImageData(columns * width, rows * height),
    out = image.data,
    area = height * width;
  const [red, green, blue] = rgb(ink);
  for (let k = 0; k < count; k++) {
    const from = (first + k) * channels * area,
      left = (k % columns) * width,
      top = Math.floor(k / columns) * height;
    for (let y = 0, p = from; y < height; y++) {
      let o = 4 * ((top + y) * columns * width + left);
      for (let x = 0; x < width; x++, p++, o += 4) {
        const grey = channels === 1;
        out[o] = grey ? red : bytes[p];
        out[o + 1] = grey ? green : bytes[p + area];
        out[o + 2] = grey ? blue : bytes[p + 2 * area];
        out[o + 3] = grey ? bytes[p] : 255;
      }
    }
  }
  return image;
}

/**
 * Several pictures, each on a canvas of its own pixels: { canvases, show(bytes), redraw() }. CSS makes them larger and
 * says where they stand.
 */
export function canvases(shape, count) {
  const [, height, width] = shape;
  const about = { class: "lab-picture", width, height };
  const all = Array.from({ length: count }, () => h("canvas", about));
  let last = null;
  function show(bytes) {
    last = bytes;
    const ink = colour("--vae-ink", all[0]) || "#000000"; // nothing as long as it is in no page
    all.forEach((canvas, first) => {
      const image = sheet(bytes, shape, { first, count: 1, columns: 1, ink });
      canvas.getContext("2d").putImageData(image, 0, 0);
    });
  }
  return { canvases: all, show, redraw: () => last && show(last) };
}

/** The same in a grid of a CSS class, one picture to a screen reader: { el, show(bytes), redraw() }. */
export function gallery({ shape, count, label, kind }) {
  const { canvases: all, ...rest } = canvases(shape, count);
  const el = h("div", { class: `lab-gallery ${kind}`, role: "img", "aria-label": label }, all);
  return { el, ...rest };
}
