// Bring the explorers of a built page to life.

import { start } from "./frame.js";
import { PageModel } from "./state.js";

/**
 * Wake each explorer in the page that one of `kinds` draws. It takes its room at once, so that what stands
 * below does not move later; its model is loaded when it comes near the window.
 */
export function hydrate(kinds, selector, open) {
  const calls = new Map();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        calls.get(target)();
      }
    },
    { rootMargin: "100px" },
  );
  for (const el of document.querySelectorAll(`.vaelab-explorer[data-spec]${selector}`)) {
    const near = new Promise((resolve) => calls.set(el, resolve));
    start({ kinds, model: new PageModel(JSON.parse(el.dataset.spec)), el, open, near });
    observer.observe(el);
  }
}
