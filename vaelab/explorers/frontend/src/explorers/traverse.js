// Rows of faces: along each, one number of the code grows.

import { button } from "../controls.js";
import { h, number } from "../dom.js";
import { described, round, withNumber } from "../latent.js";
import { picture } from "../picture.js";
import { normal } from "../random.js";

const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const draw = normal(Math.random);

/** Choose a tile, and all rows start from it; `z` is the code they start from. */
export function mount({ model, el, decoder, say }) {
  const [dims, labels, offsets, centre, spread] = ["dims", "labels", "offsets", "centre", "spread"].map((k) =>
    model.get(k),
  );
  const prior = model.get("has_prior");
  const size = { width: decoder.width, height: decoder.height };
  const face = picture({ ...size, label: "The face all rows start from" });
  const step = (z, i, offset) => withNumber(z, i, centre[i] + offset * spread[i]);

  function put(z, words) {
    model.set("z", round(z));
    model.save_changes();
    say(words);
  }

  const rows = dims.map((i, row) =>
    offsets.map((offset, column) => {
      const words = described(labels[row], offset);
      const tile = picture({ ...size, label: words });
      const choose = () => put(step(model.get("z"), i, offset), `All rows start from ${words}.`);
      const el = h("button", { type: "button", tabindex: -1, onclick: choose }, tile.el);
      el.addEventListener("keydown", (event) => walk(event, row, column));
      el.addEventListener("focus", () => hold(el));
      return { el, draw: tile.draw };
    }),
  );

  // One stop for Tab; arrow keys move among the tiles.
  let held = rows[0][0].el;
  function hold(tile) {
    held.tabIndex = -1;
    held = tile;
    held.tabIndex = 0;
  }
  hold(rows[0][offsets.length >> 1].el);

  function walk(event, row, column) {
    const key = KEYS[event.key];
    if (!key) return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab listens to arrow keys too
    rows[row + key[0]]?.[column + key[1]]?.el.focus();
  }

  function markCurrent(z) {
    dims.forEach((i, row) => {
      const here = (z[i] - centre[i]) / (spread[i] || 1);
      const away = offsets.map((offset) => Math.abs(offset - here));
      const closest = away.indexOf(Math.min(...away));
      rows[row].forEach(({ el: tile }, k) => tile.setAttribute("aria-pressed", k === closest));
    });
  }

  // Row after row, each with the face itself; a new code begins again at the next row.
  let next = 0;
  let left = 0;
  function drawRow() {
    if (!left) return;
    const [row, z] = [next, model.get("z")];
    const codes = offsets.map((offset) => step(z, dims[row], offset));
    decoder.decode([z, ...codes], ([image, ...tiles]) => {
      face.draw(image);
      tiles.forEach((tile, k) => rows[row][k].draw(tile));
      next = (row + 1) % rows.length;
      left--;
      drawRow();
    });
  }
  function show() {
    const idle = !left;
    left = rows.length;
    markCurrent(model.get("z"));
    if (idle) drawRow();
  }

  const random = () =>
    put(
      centre.map((c, i) => (prior ? draw() : c + spread[i] * draw())),
      "All rows start from a random face.",
    );
  el.classList.add("vae-stack");
  el.append(
    h(
      "div",
      { class: "vae-row" },
      face.el,
      h(
        "div",
        { class: "vae-grow vae-stack" },
        h(
          "p",
          { class: "vae-note" },
          "All rows start from this face. Along a row one number of its code goes from " +
            `${number(offsets[0], 1)} to ${number(offsets.at(-1), 1)} standard deviations; the outlined ` +
            "tile is nearest to the face. Choose a tile to start from it.",
        ),
        h(
          "div",
          { class: "vae-buttons" },
          button("Random face", random),
          button("Reset", () => put(model.get("start"), "Back to the first face.")),
        ),
      ),
    ),
    ...rows.map((tiles, k) =>
      h(
        "div",
        { role: "group", "aria-label": labels[k] },
        h("div", { class: "vae-tile-label", "aria-hidden": "true" }, labels[k]),
        h("div", { class: "vae-tiles" }, tiles.map((tile) => tile.el)),
      ),
    ),
  );
  model.on("change:z", show);
  show();
  return () => model.off("change:z", show);
}
