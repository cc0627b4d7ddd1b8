// Pictures as bytes onto a canvas: grey ones as ink on the page's paper, in either theme, colour ones as they are.

import { colour, h } from "../dom.js";

const rgb = (hex) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));

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
 * A strip of pictures: { el, show(bytes, first), label }. The canvas has their own pixels and CSS makes them larger;
 * `gap` pixels lie between them.
 */
export function strip({ shape, count, columns = count, label, gap = 2 }) {
  const [, height, width] = shape,
    rows = Math.ceil(count / columns);
  const el = h("canvas", {
    class: "lab-strip",
    role: "img",
    "aria-label": label,
    width: columns * (width + gap) - gap,
    height: rows * (height + gap) - gap,
  });
  const context = el.getContext("2d");
  let last;
  function show(bytes, first = 0) {
    last = [bytes, first];
    context.clearRect(0, 0, el.width, el.height);
    const ink = colour("--vae-ink", el);
    const image = sheet(bytes, shape, { first, count, columns, ink });
    for (let k = 0; k < count; k++) {
      const x = k % columns,
        y = Math.floor(k / columns);
      const to = [x * gap, y * gap];
      context.putImageData(image, ...to, x * width, y * height, width, height);
    }
  }
  return {
    el,
    show,
    redraw: () => last && show(...last),
    set label(text) {
      el.setAttribute("aria-label", text);
    },
  };
}
