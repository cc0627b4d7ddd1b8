// Draw your own digit: strokes, centred, scaled and inked as the set's are.

import { button } from "../controls.js";
import { colour, div, h, onTheme } from "../dom.js";
import { sheet } from "./paint.js";

const SIDE = 28;
const PEN = { handwritten: [25, 4], digits: [20, 2.6] }; // the box that a digit fills, the line's width
const SIZE = 168; // the board's width in its own units
const FINE = 2; // pixels to a unit

/** Draw strokes, each point where `at(point)` says. */
function trace(context, strokes, at) {
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    for (const point of [stroke[0], ...stroke]) context.lineTo(...at(point));
    context.stroke();
  }
}

/** Strokes [[[x, y], ...], ...] as a picture of 28 x 28 bytes, or null without any. */
export function inked(strokes, [box, thick]) {
  const points = strokes.flat();
  if (!points.length) return null;
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (box - thick) / Math.max(right - left, bottom - top, SIZE / 6);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = "#fff";
  context.lineWidth = thick;
  trace(context, strokes, ([x, y]) => [
    SIDE / 2 + (x - (left + right) / 2) * scale,
    SIDE / 2 + (y - (top + bottom) / 2) * scale,
  ]);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, p) => data[4 * p]);
}

/**
 * { el, buttons, set, remove() }: a sheet to draw on and what stands below it; `onPicture(bytes | null)` hears of each
 * change, `examples()` gives pictures to choose from.
 */
export function board({ onPicture, examples }) {
  const canvas = h("canvas", { class: "lab-board", width: FINE * SIZE, height: FINE * SIZE, role: "img" });
  const hint = h("span", { class: "lab-board-hint" }, "with the mouse or a finger");
  const context = canvas.getContext("2d");
  context.scale(FINE, FINE);
  let strokes = [],
    taken = null, // a picture in place of strokes
    next = 0, // how many were taken
    pen = PEN.handwritten,
    queued = false;

  function redraw() {
    context.clearRect(0, 0, SIZE, SIZE);
    hint.hidden = Boolean(taken || strokes.length);
    canvas.ariaLabel = taken ? `Unseen picture ${next}` : "A sheet to draw a digit on";
    if (taken) drawTaken();
    context.strokeStyle = colour("--vae-ink", canvas);
    context.lineWidth = (pen[1] * SIZE) / SIDE / 1.3;
    trace(context, strokes, (point) => point);
  }
  function drawTaken() {
    const small = document.createElement("canvas");
    small.width = small.height = SIDE;
    const ink = colour("--vae-ink", canvas);
    small.getContext("2d").putImageData(sheet(taken, [1, SIDE, SIDE], { count: 1, columns: 1, ink }), 0, 0);
    context.drawImage(small, 0, 0, SIZE, SIZE);
  }
  function changed() {
    taken = null;
    redraw();
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      onPicture(inked(strokes, pen));
    });
  }
  function place({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) * SIZE) / box.width, ((clientY - box.top) * SIZE) / box.height];
  }
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    strokes.push([place(event)]);
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    strokes.at(-1)?.push(place(event));
    changed();
  });
  canvas.addEventListener("touchmove", (event) => event.cancelable && event.preventDefault());

  const example = () => {
    const pictures = examples();
    if (!pictures.length) return;
    strokes = [];
    next = (next % pictures.length) + 1;
    taken = pictures[next - 1];
    redraw();
    onPicture(taken);
  };
  const clear = () => {
    [strokes, taken] = [[], null];
    redraw();
    onPicture(null);
  };
  const endTheme = onTheme(redraw);
  const quiet = { class: "vae-button lab-quiet" };
  return {
    el: div("lab-sheet", canvas, hint),
    buttons: div("lab-buttons", button("Wipe", clear, quiet), button("Take an unseen one", example, quiet)),
    /** The set's name: with what pen one draws for it. */
    set set(name) {
      pen = PEN[name] ?? pen;
      clear();
    },
    remove: endTheme,
  };
}
