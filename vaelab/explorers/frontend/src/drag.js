// Moving things by mouse, finger or arrow keys.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Where an arrow key leads, [right, up], or undefined for other keys and the browser's own shortcuts. */
export function arrow(event) {
  const way = event.altKey || event.ctrlKey || event.metaKey ? undefined : ARROWS[event.key];
  if (way) event.preventDefault();
  return way;
}

/**
 * Let the hand move `el`: `follow(event)` hears the pointer that drags it, `step([right, up], times)` an
 * arrow key (with Shift five times as far), `grab(event)` how it begins.
 */
export function draggable(el, { follow, step, grab = follow }) {
  el.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    el.setPointerCapture(event.pointerId);
    grab(event);
  });
  el.addEventListener("pointermove", (event) => el.hasPointerCapture(event.pointerId) && follow(event));
  // Else a finger that leaves with speed starts a fling, though nothing can scroll here, and Chromium takes the
  // reader's next tap, wherever it is, for one that stops it.
  el.addEventListener("touchmove", (event) => event.cancelable && event.preventDefault());
  el.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (way) step(way, event.shiftKey ? 5 : 1);
  });
}
