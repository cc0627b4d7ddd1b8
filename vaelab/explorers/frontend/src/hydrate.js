// Bring the explorers of a built page to life.

import { start } from "./frame.js";
import { PageModel } from "./state.js";

/** Has the browser read all of the element? Then something follows it, or the page is at its end. */
function whole(element) {
  for (let node = element; node; node = node.parentNode) if (node.nextSibling) return true;
  return document.readyState !== "loading";
}

/** Call `meet` with each element of the page, before the reader sees it if the script is there before. */
function asTheyCome(selector, meet) {
  const met = new Set();
  const look = () => {
    for (const element of document.querySelectorAll(selector)) {
      if (met.has(element) || !whole(element)) continue;
      met.add(element);
      meet(element);
    }
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => {
    observer.disconnect();
    look();
  });
  look();
}

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
  asTheyCome(`.vaelab-explorer[data-spec]${selector}`, (el) => {
    const near = new Promise((resolve) => calls.set(el, resolve));
    start({ kinds, model: new PageModel(JSON.parse(el.dataset.spec)), el, open, near });
    observer.observe(el);
  });
}
