// All pictures but the plane's: unseen ones and what comes back, invented ones, that at the handle, the reader's own.

import { div, h } from "../dom.js";
import { arrow } from "../drag.js";
import { canvases, gallery } from "./paint.js";

const SAMPLES = 12;
const DRAWN = 6;

/** Words above something, perhaps with a number at their end. */
export const labelled = (text, content, value = null) =>
  div("lab-labelled", div("lab-caption", h("span", {}, text), value), content);

/**
 * { unseen, invented, here, mine: elements, begin(about), show(shot), showHere(bytes), showMine(mine), redraw() };
 * `onPick(k)` hears which unseen picture the reader chose.
 */
export function pictures({ onPick }) {
  const [unseen, invented, here, mine] = ["unseen", "invented", "here", "mine"].map((n) => div(`lab-${n}`));
  let parts = {};
  mine.hidden = true;

  /** Unseen pictures, what comes back under each: one stop for the Tab key, arrow keys lead on. */
  function pairs(count) {
    const buttons = Array.from({ length: count }, (_, k) => {
      const about = { type: "button", class: "lab-pair", tabindex: k ? -1 : 0, onclick: () => onPick(k) };
      const title = `Unseen picture ${k + 1}: bring the handle to its code`;
      const pair = [parts.originals.canvases[k], parts.back.canvases[k]];
      return h("button", { ...about, title }, pair);
    });
    const el = div("lab-pairs", buttons);
    el.addEventListener("keydown", (event) => {
      const way = arrow(event);
      if (!way) return;
      const seen = buttons.filter((button) => button.offsetParent); // narrow, some are not shown
      const next = (seen.indexOf(document.activeElement) + way[0] - way[1] + seen.length) % seen.length;
      for (const button of buttons) button.tabIndex = button === seen[next] ? 0 : -1;
      seen[next].focus();
    });
    return el;
  }

  function showMine(found) {
    mine.hidden = !found;
    if (!found) return;
    parts.reconstruction.show(found.reconstruction);
    parts.drawn.show(found.drawn);
  }

  return {
    unseen,
    invented,
    here,
    mine,
    showMine,
    /** For pictures of another shape. */
    begin({ shape, shown, originals }) {
      const one = (label, kind, count = 1) => gallery({ shape, count, label, kind });
      parts = {
        originals: canvases(shape, shown.length),
        back: canvases(shape, shown.length),
        samples: one("", "lab-twelve", SAMPLES),
        here: one("", "lab-one"),
        reconstruction: one("Your picture, encoded and decoded", "lab-one"),
        drawn: one("Draws from its posterior, decoded", "lab-six", DRAWN),
      };
      unseen.replaceChildren(labelled("Unseen, and what comes back", pairs(shown.length)));
      invented.replaceChildren(labelled("Invented, at the squares", parts.samples));
      here.replaceChildren(parts.here.el);
      mine.replaceChildren(labelled("back", parts.reconstruction), labelled("six draws", parts.drawn));
      parts.originals.show(originals);
    },
    show(shot) {
      parts.back.show(shot.reconstructions);
      parts.samples.show(shot.samples);
      parts.samples.el.ariaLabel = `Twelve invented pictures, step ${shot.step}`;
      if (shot.mine) showMine(shot.mine);
    },
    showHere(bytes, place) {
      parts.here.show(bytes);
      parts.here.el.ariaLabel = `Decoded at ${place}`;
    },
    redraw: () => Object.values(parts).forEach((one) => one.redraw()),
  };
}
