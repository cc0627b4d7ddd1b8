// All rows of pictures: unseen ones and what comes back, invented ones, those at the handle, the reader's own.

import { div, h } from "../dom.js";
import { figure } from "../picture.js";
import { strip } from "./paint.js";

const SAMPLES = 12;
const DRAWN = 6;

/** Words above something. */
export const labelled = (text, content) =>
  div("lab-labelled", h("span", { class: "vae-hint" }, text), content);

/** { rows, here, large, mine: elements, begin(about), show(shot), showHere(bytes), showMine(mine), redraw() }. */
export function pictures() {
  const [rows, here, large, mine] = ["lab-rows", "lab-here", "lab-large", "lab-mine"].map((name) =>
    div(name),
  );
  let strips = {};
  mine.hidden = true;

  function showMine(found) {
    mine.hidden = !found;
    if (!found) return;
    strips.reconstruction.show(found.reconstruction);
    strips.drawn.show(found.drawn);
  }

  return {
    rows,
    here,
    large,
    mine,
    showMine,
    /** For pictures of another shape. */
    begin({ shape, shown, originals }) {
      const one = (label, count = 1, columns = count) => strip({ shape, count, columns, label });
      strips = {
        originals: one("Unseen pictures", shown.length),
        back: one("The same, encoded and decoded", shown.length),
        samples: one("Twelve invented pictures", SAMPLES, SAMPLES / 2),
        here: one("Decoded at the handle"),
        large: one("Decoded at the handle and the sliders"),
        reconstruction: one("Your picture, encoded and decoded"),
        drawn: one("Draws from its posterior, decoded", DRAWN, DRAWN / 2),
      };
      rows.replaceChildren(
        labelled("Unseen, and what comes back", strips.originals.el),
        strips.back.el,
        labelled("Invented: from twelve codes that stay, the squares on the plane", strips.samples.el),
      );
      here.replaceChildren(strips.here.el);
      large.replaceChildren(strips.large.el);
      mine.replaceChildren(
        figure(strips.reconstruction.el, "encoded and decoded"),
        figure(strips.drawn.el, "draws from its posterior"),
      );
      strips.originals.show(originals);
    },
    show(shot) {
      strips.back.show(shot.reconstructions);
      strips.samples.show(shot.samples);
      if (shot.mine) showMine(shot.mine);
    },
    showHere(bytes) {
      strips.here.show(bytes);
      strips.large.show(bytes);
    },
    redraw: () => Object.values(strips).forEach((one) => one.redraw()),
  };
}
