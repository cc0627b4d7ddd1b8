// The learning curves, on a canvas: nats per picture over steps, on a square-root axis so that the start has room.

import { colour, h, number } from "../dom.js";
import { roundUp, ticks } from "../plot.js";

const MOST = 400; // points kept: then every other one goes, so that the cost does not grow

/** Curves that grow: { el, add(step, values), clear(), redraw() }; `lines`: [{ name: of a CSS colour, thin? }, ...]. */
export function chart({ label, lines, floor }) {
  const canvas = h("canvas", { class: "lab-chart", role: "img", "aria-label": label });
  let points = [];

  function redraw() {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    const scale = globalThis.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [width * scale, height * scale];
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.font = "11px system-ui, sans-serif";
    if (points.length < 2) return;
    draw(context, width, height);
  }

  function draw(context, width, height) {
    const values = points.flatMap(([, ...all]) => all.filter(Number.isFinite)).sort((a, b) => a - b);
    const top = values[Math.floor(0.985 * (values.length - 1))] * 1.03,
      low = floor ?? values[0] * 0.97,
      last = points.at(-1)[0];
    const left = 36,
      bottom = height - 16;
    const x = (step) => left + (width - left - 6) * Math.sqrt(step / last);
    const y = (value) => Math.max(2, bottom - (bottom - 6) * ((value - low) / (top - low || 1)));
    context.strokeStyle = colour("--vae-line", canvas);
    context.fillStyle = colour("--vae-muted", canvas);
    context.textAlign = "right";
    for (const value of ticks(low, top, 3)) {
      context.beginPath();
      context.moveTo(left, y(value));
      context.lineTo(width, y(value));
      context.stroke();
      context.fillText(number(value, top - low < 3 ? 1 : 0), left - 5, y(value) + 4);
    }
    for (const step of [roundUp(last / 8), roundUp(last / 2.5)]) {
      if (x(step) < width - 90) context.fillText(String(step), x(step) + 8, height - 3);
    }
    context.fillText(`${last} steps`, width - 2, height - 3);
    context.lineJoin = "round";
    lines.forEach(({ name, thin }, k) => {
      context.strokeStyle = colour(name, canvas);
      context.lineWidth = thin ? 1 : 2;
      context.globalAlpha = thin ? 0.6 : 1;
      context.beginPath();
      for (const point of points)
        if (Number.isFinite(point[k + 1])) context.lineTo(x(point[0]), y(point[k + 1]));
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  return {
    el: canvas,
    add(step, values) {
      points.push([step, ...values]);
      if (points.length > MOST) points = points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
      redraw();
    },
    clear() {
      points = [];
      redraw();
    },
    redraw,
    set label(text) {
      canvas.setAttribute("aria-label", text);
    },
  };
}
