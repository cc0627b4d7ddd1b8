// A face as a board of integers, to be swapped one by one.

import { button, choice, slider, toggle } from "../controls.js";
import { div, h, note, stack } from "../dom.js";
import { withNumber } from "../latent.js";
import { picture } from "../picture.js";
import { walkable } from "../tiles.js";
import { put, read, watch } from "../traits.js";

/** Choose a place and put another entry there; `index` has the integers, `face` is whose they were. */
export function mount({ model, el, decoder, say }) {
  const [faces, thumbnails, order, sheet] = read(model, "faces", "thumbnails", "order", "sheet");
  const [width, columns] = [model.get("shape")[1], model.get("columns")];
  const rows = Math.ceil(order.length / columns);
  const face = picture(decoder, "");
  const words = note();
  const swap = (entry) => put(model, "index", withNumber(model.get("index"), model.get("place"), entry));
  const begin = (k) => {
    put(model, "face", k);
    put(model, "index", faces[k]);
  };

  /** Buttons in rows of `count`. */
  function board(label, name, count, held, tiles) {
    walkable(tiles, count, tiles[held]);
    const style = { gridTemplateColumns: `repeat(${count}, 1fr)` };
    return h("div", { class: name, role: "group", "aria-label": label, style }, tiles);
  }
  const tile = (onclick, attributes) => h("button", { type: "button", onclick, ...attributes });
  const places = faces[0].map((_, i) => tile(() => put(model, "place", i)));
  const patches = order.map((entry, k) => {
    const share = (at, count) => `${(100 * at) / (count - 1 || 1)}%`;
    const place = `${share(k % columns, columns)} ${share(Math.floor(k / columns), rows)}`;
    const background = `url(${sheet}) ${place} / ${100 * columns}% ${100 * rows}%`;
    return tile(() => swap(entry), { "aria-label": `entry ${entry}`, style: { background } });
  });
  const entries = slider({
    label: "Entry, from dark to light",
    min: 0,
    max: order.length - 1,
    step: 1,
    value: 0,
    format: (k) => `entry ${order[k]}`,
    onInput: (k) => swap(order[k]),
  });
  const from = choice({
    label: "Start from",
    options: thumbnails.map((src, k) => [k, h("img", { src, alt: `face ${k + 1}` })]),
    onChange: begin,
  });
  const mosaic = div(
    "vae-mosaic",
    face.el,
    board("The integers", "vae-places", width, model.get("place"), places),
  );
  const numbers = toggle({
    label: "Show the integers",
    value: true,
    onChange: (on) => mosaic.classList.toggle("vae-bare", !on),
  });

  function show() {
    const [index, place, k] = read(model, "index", "place", "face");
    const where = (i) => `row ${Math.floor(i / width) + 1}, column ${(i % width) + 1}: entry ${index[i]}`;
    const was = (i) => (index[i] === faces[k][i] ? "" : `, was ${faces[k][i]}`);
    places.forEach((tile, i) => {
      tile.textContent = index[i];
      tile.setAttribute("aria-label", where(i) + was(i));
      tile.setAttribute("aria-pressed", i === place);
      tile.classList.toggle("vae-swapped", was(i));
    });
    patches.forEach((tile, i) => tile.setAttribute("aria-pressed", order[i] === index[place]));
    entries.value = order.indexOf(index[place]);
    from.value = k;
    const swapped = index.filter((_, i) => was(i)).length;
    const text = where(place) + was(place);
    words.textContent = `R${text.slice(1)}.`;
    face.label = `Face ${k + 1}, ${swapped} integers swapped. ${words.textContent}`;
    say(words.textContent);
    decoder.decode([index], ([image]) => face.draw(image));
  }

  stack(
    el,
    thumbnails.length > 1 ? div("vae-row vae-starts", from) : "",
    div(
      "vae-row",
      div("vae-stack", mosaic, numbers),
      div(
        "vae-grow vae-stack",
        words,
        entries,
        board("Entries", "vae-patches", columns, 0, patches),
        div(
          "vae-buttons",
          button("Reset", () => begin(model.get("face"))),
        ),
      ),
    ),
    note("Choose a place, then an entry to put there. Each is shown as it looks among its own kind."),
  );
  return watch(model, ["index", "place", "face"], show);
}
