// Moving things by mouse, finger or arrow keys.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Where an arrow key leads, [right, up], or undefined for other keys and the browser's own shortcuts. */
export function arrow(event) {
  const way = event.altKey || event.ctrlKey || event.metaKey ? undefined : ARROWS[event.key];
  if (way) event.preventDefault();
  return way;
}

/** Attributes of an element to drag: to screen readers and the keyboard, a slider. */
export const sliding = (name, label, min, max) => ({
  class: name,
  role: "slider",
  tabindex: 0,
  "aria-label": label,
  "aria-valuemin": min,
  "aria-valuemax": max,
});

/** Tell screen readers where it stands: a number, and words. */
export function tell(el, now, words) {
  el.setAttribute("aria-valuenow", now);
  el.setAttribute("aria-valuetext", words);
}

/**
 * Let the hand move `el`: `follow(event)` hears the pointer that drags it, `step([right, up], times)` an
 * arrow key (with Shift five times as far), `grab(event)` how it begins. A finger that comes down where
 * `near(event)` says no may want to scroll past: it drags once it goes sideways, and grabs by a tap.
 */
export function draggable(el, { follow, step, grab = follow, near = () => true }) {
  let undecided; // the touch that may yet scroll
  const begin = (event) => {
    undecided = undefined;
    el.setPointerCapture(event.pointerId);
    grab(event);
  };
  el.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    if (event.pointerType === "touch" && !near(event)) undecided = event;
    else begin(event);
  });
  el.addEventListener("pointermove", (event) => {
    if (!undecided) return el.hasPointerCapture(event.pointerId) && follow(event);
    const aside = Math.abs(event.clientX - undecided.clientX);
    if (aside > 8 && aside > Math.abs(event.clientY - undecided.clientY)) begin(event);
  });
  el.addEventListener("pointerup", (event) => undecided && begin(event));
  el.addEventListener("pointercancel", () => {
    undecided = undefined;
  });
  // Else a finger that leaves with speed starts a fling, though nothing can scroll here, and Chromium takes the
  // reader's next tap, wherever it is, for one that stops it.
  el.addEventListener("touchmove", (event) => !undecided && event.cancelable && event.preventDefault());
  el.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (way) step(way, event.shiftKey ? 5 : 1);
  });
}
