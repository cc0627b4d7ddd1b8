// A square to drag a point over: a slider of two dimensions.

import { clamp, colour, h, number, onTheme } from "./dom.js";
import { draggable, sliding, tell } from "./drag.js";

const REACH = 44; // pixels from the point within which a finger means the point, not the page

/**
 * A draggable point on a square: { el, value: [x, y], at(event), redraw(), remove() }; y grows upwards.
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
  const [wide, tall] = [x.max - x.min, y.max - y.min];
  const canvas = h("canvas");
  const handle = h("span", { class: "vae-handle", "aria-hidden": "true" });
  const el = h("div", sliding("vae-pad", label, x.min, x.max), canvas, handle);
  const text = () => describe?.(px, py) ?? `${x.name} ${number(px)}, ${y.name} ${number(py)}`;

  function place() {
    handle.style.left = `${(100 * (px - x.min)) / wide}%`;
    handle.style.top = `${(100 * (y.max - py)) / tall}%`;
    tell(el, px.toFixed(2), text());
  }

  function redraw() {
    const { width, height } = el.getBoundingClientRect();
    if (!backdrop || !width) return;
    const scale = globalThis.devicePixelRatio || 1;
    const sides = [width, height].map((side) => Math.floor(side * scale));
    const same = canvas.width === sides[0] && canvas.height === sides[1]; // then it keeps its memory, too
    if (!same) [canvas.width, canvas.height] = sides;
    const context = canvas.getContext("2d");
    context.save();
    context.scale(scale, scale);
    context.clearRect(0, 0, width, height);
    context.fillStyle = context.strokeStyle = colour("--vae-ink", el);
    const toScreen = (a, b) => [(width * (a - x.min)) / wide, (height * (y.max - b)) / tall];
    backdrop(context, width, height, toScreen);
    context.restore();
  }

  function put(a, b) {
    px = clamp(a, x.min, x.max);
    py = clamp(b, y.min, y.max);
    place();
  }

  function moveTo(a, b) {
    put(a, b);
    onMove?.([px, py]);
  }

  /** The place under a pointer, on the pad or off it. */
  function at({ clientX, clientY }) {
    const box = el.getBoundingClientRect();
    return [
      x.min + ((clientX - box.left) / box.width) * wide,
      y.max - ((clientY - box.top) / box.height) * tall,
    ];
  }

  draggable(el, {
    near(event) {
      const [a, b] = at(event);
      return Math.hypot((a - px) / wide, (b - py) / tall) * el.clientWidth < REACH;
    },
    follow: (event) => moveTo(...at(event)),
    step: ([right, up], times) => moveTo(px + 0.02 * times * right * wide, py + 0.02 * times * up * tall),
  });
  el.addEventListener("keydown", (event) => {
    if (event.key !== "Home") return;
    event.preventDefault();
    moveTo((x.min + x.max) / 2, (y.min + y.max) / 2);
  });

  const observer = new ResizeObserver(redraw);
  observer.observe(el);
  const endTheme = onTheme(redraw);
  place();
  return {
    el,
    at,
    redraw,
    get value() {
      return [px, py];
    },
    set value(next) {
      put(...next);
    },
    remove() {
      observer.disconnect();
      endTheme();
    },
  };
}
