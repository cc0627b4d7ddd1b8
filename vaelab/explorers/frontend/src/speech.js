// What a screen reader hears: the latest state, once the hand rests.

import { h } from "./dom.js";

/** A hidden live region: { el, say(text) }. While somebody drags, only the last text is spoken. */
export function speech(wait = 500) {
  const el = h("div", { class: "vae-spoken", role: "status", "aria-live": "polite" });
  let timer = 0;
  const say = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => (el.textContent = text), wait);
  };
  return { el, say };
}
