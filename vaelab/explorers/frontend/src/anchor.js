// Links into a page: formulas are set after the browser has scrolled to the place that the address names.

const HANDS = ["wheel", "touchstart", "pointerdown", "keydown"];

/** Lead there once more when all formulas are set, unless the reader has begun to move. */
export function keepAnchor() {
  let moved = !location.hash;
  for (const hand of HANDS) addEventListener(hand, () => (moved = true), { once: true, passive: true });
  addEventListener("load", async () => {
    await globalThis.MathJax?.startup?.promise;
    if (!moved) document.querySelector(":target")?.scrollIntoView({ behavior: "instant" });
  });
}
