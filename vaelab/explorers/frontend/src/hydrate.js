// Bring the explorers of a built page to life as they come near the window.

import { start } from "./frame.js";
import { PageModel } from "./state.js";

/** Wake each explorer in the page that one of `kinds` draws; its model is not loaded before. */
export function hydrate(kinds, selector, open) {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        start({ kinds, model: new PageModel(JSON.parse(target.dataset.spec)), el: target, open });
      }
    },
    { rootMargin: "100px" },
  );
  document.querySelectorAll(`.vaelab-explorer[data-spec]${selector}`).forEach((el) => observer.observe(el));
}
