// A square to drag a point over: a slider of two dimensions.

import { clamp, colour, h, number, onTheme } from "./dom.js";

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * A draggable point on a square: { el, value: [x, y], redraw() }; y grows upwards.
 *
 * Arrow keys move it by a fiftieth of the width, with Shift by a tenth; Home leads to the middle.
 * @param {{label: string, x: {min: number, max: number, name: string},
 *   y: {min: number, max: number, name: string}, value: [number, number],
 *   onMove?: (value: [number, number]) => void,
 *   backdrop?: (context: CanvasRenderingContext2D, width: number, height: number,
 *     toScreen: (x: number, y: number) => [number, number]) => void,
 *   describe?: (x: number, y: number) => string}} options
 */
export function pad({ label, x, y, value, onMove, backdrop, describe }) {
  let [px, py] = value;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const handle = h("span", { class: "vae-handle", "aria-hidden": "true" });
  const el = h("div", { class: "vae-pad", tabindex: 0, role: "slider", "aria-label": label }, canvas, handle);
  const text = () => describe?.(px, py) ?? `${x.name} ${number(px)}, ${y.name} ${number(py)}`;

  function place() {
    handle.style.left = `${(100 * (px - x.min)) / (x.max - x.min)}%`;
    handle.style.top = `${(100 * (y.max - py)) / (y.max - y.min)}%`;
    el.setAttribute("aria-valuemin", x.min);
    el.setAttribute("aria-valuemax", x.max);
    el.setAttribute("aria-valuenow", number(px).replace("\u2212", "-"));
    el.setAttribute("aria-valuetext", text());
  }

  function redraw() {
    const { width, height } = el.getBoundingClientRect();
    if (!backdrop || !width) return;
    const scale = globalThis.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.fillStyle = context.strokeStyle = colour("--vae-ink", el);
    const toScreen = (a, b) => [
      (width * (a - x.min)) / (x.max - x.min),
      (height * (y.max - b)) / (y.max - y.min),
    ];
    backdrop(context, width, height, toScreen);
  }

  function moveTo(a, b) {
    px = clamp(a, x.min, x.max);
    py = clamp(b, y.min, y.max);
    place();
    onMove?.([px, py]);
  }

  function follow(event) {
    const box = el.getBoundingClientRect();
    moveTo(
      x.min + ((event.clientX - box.left) / box.width) * (x.max - x.min),
      y.max - ((event.clientY - box.top) / box.height) * (y.max - y.min),
    );
  }

  el.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    el.setPointerCapture(event.pointerId);
    follow(event);
  });
  el.addEventListener("pointermove", (event) => el.hasPointerCapture(event.pointerId) && follow(event));
  el.addEventListener("keydown", (event) => {
    const step = KEYS[event.key];
    if (!step && event.key !== "Home") return;
    event.preventDefault();
    if (!step) return moveTo((x.min + x.max) / 2, (y.min + y.max) / 2);
    const share = event.shiftKey ? 0.1 : 0.02;
    moveTo(px + step[0] * share * (x.max - x.min), py + step[1] * share * (y.max - y.min));
  });

  const observer = new ResizeObserver(redraw);
  observer.observe(el);
  const endTheme = onTheme(el, redraw);
  place();
  return {
    el,
    redraw,
    get value() {
      return [px, py];
    },
    set value([a, b]) {
      px = clamp(a, x.min, x.max);
      py = clamp(b, y.min, y.max);
      place();
    },
    remove() {
      observer.disconnect();
      endTheme();
    },
  };
}
