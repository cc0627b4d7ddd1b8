// Rows of faces: along each, one number of the code grows.

import { button } from "../controls.js";
import { div, h, note, number, stack } from "../dom.js";
import { described, randomCode, round, strongest, withNumber } from "../latent.js";
import { picture } from "../picture.js";
import { walkable } from "../tiles.js";
import { put, read, watch } from "../traits.js";

/** Choose a tile, and all rows start from it; `z` is the code they start from. */
export function mount({ model, el, decoder, say }) {
  const [dims, labels, offsets] = read(model, "dims", "labels", "offsets");
  const [centre, spread] = read(model, "centre", "spread");
  const face = picture(decoder);
  const step = (z, i, offset) => withNumber(z, i, centre[i] + offset * spread[i]);

  function start(z, words) {
    put(model, "z", round(z));
    say(words);
  }

  const rows = dims.map((i, row) =>
    offsets.map((offset) => {
      const words = described(labels[row], offset);
      const tile = picture(decoder, words);
      const choose = () => start(step(model.get("z"), i, offset), `All rows start from ${words}.`);
      return { el: h("button", { type: "button", onclick: choose }, tile.el), draw: tile.draw };
    }),
  );

  walkable(
    rows.flat().map((tile) => tile.el),
    offsets.length,
    rows[0][offsets.length >> 1].el,
  );

  function markCurrent(z) {
    const places = dims.map((i, row) => [(z[i] - centre[i]) / (spread[i] || 1), labels[row]]);
    face.label = `The face all rows start from, ${strongest(places)}`;
    places.forEach(([here], row) => {
      const away = offsets.map((offset) => Math.abs(offset - here));
      const closest = away.indexOf(Math.min(...away));
      rows[row].forEach(({ el: tile }, k) => tile.setAttribute("aria-pressed", k === closest));
    });
  }

  // Row after row, each with the face itself; a new code begins again at the next row. What was asked for
  // before it comes too late to count.
  let next = 0;
  let left = 0;
  let turn = 0;
  function drawRow() {
    if (!left) return;
    const [row, now, z] = [next, turn, model.get("z")];
    const codes = offsets.map((offset) => step(z, dims[row], offset));
    decoder.decode([z, ...codes], ([image, ...tiles]) => {
      face.draw(image);
      tiles.forEach((tile, k) => rows[row][k].draw(tile));
      next = (row + 1) % rows.length;
      if (now === turn) left--;
      drawRow();
    });
  }
  function show() {
    left = rows.length;
    turn++;
    markCurrent(model.get("z"));
    drawRow();
  }

  const random = () => randomCode(model, decoder, (z) => start(z, "All rows start from a random face."));
  stack(
    el,
    div(
      "vae-row",
      face,
      div(
        "vae-grow vae-stack",
        note(
          "All rows start from this face. Along a row one number of its code goes from " +
            `${number(offsets[0], 1)} to ${number(offsets.at(-1), 1)} standard deviations; the outlined ` +
            "tile is nearest to the face. Choose a tile to start from it.",
        ),
        div(
          "vae-buttons",
          button("Random face", random),
          button("Reset", () => start(model.get("start"), "Back to the first face.")),
        ),
      ),
    ),
    ...rows.map((tiles, k) =>
      h(
        "div",
        { role: "group", "aria-label": labels[k] },
        h("div", { class: "vae-tile-label", "aria-hidden": "true" }, labels[k]),
        div("vae-tiles", tiles),
      ),
    ),
  );
  return watch(model, ["z"], show);
}
