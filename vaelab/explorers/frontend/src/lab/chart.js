// A learning curve, on a canvas: nats per picture over steps, on a square-root axis so that the start has room.

import { colour, h, number } from "../dom.js";
import { roundUp, ticks } from "../plot.js";

const MOST = 400; // points kept: then every other one goes, so that the cost does not grow
const FEW = 10; // the axis shows at least so many steps
const [LEFT, RIGHT, TOP, BOTTOM] = [34, 6, 6, 16]; // pixels around the curves
const NAMES = ["--vae-line", "--vae-muted", "--vae-paper"];

/** Few characters, for an axis. */
const short = (value, digits) =>
  Math.abs(value) < 10_000 ? number(value, digits) : `${number(value / 1000, 0)}k`;

/** Curves that grow: { el, add(step, values), clear(), redraw(), remove() }; `lines`: [{ name: of a CSS colour, thin? }, ...]. */
export function chart({ label, lines, floor }) {
  const canvas = h("canvas", { class: "lab-chart", role: "img", "aria-label": label });
  const context = canvas.getContext("2d");
  let points = [],
    inks = null, // the theme's colours by their names
    [width, height] = [0, 0];

  function resize() {
    [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const scale = globalThis.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [width * scale, height * scale];
    context.scale(scale, scale);
    context.font = "11px system-ui, sans-serif";
    context.lineJoin = context.lineCap = "round";
    paint();
  }
  const observer = new ResizeObserver(resize);
  observer.observe(canvas);

  function paint() {
    if (!width || !canvas.isConnected) return;
    inks ??= Object.fromEntries(
      [...NAMES, ...lines.map(({ name }) => name)].map((n) => [n, colour(n, canvas)]),
    );
    context.clearRect(0, 0, width, height);
    const { low, top, last } = range();
    const x = (step) => LEFT + (width - LEFT - RIGHT) * Math.sqrt(step / last);
    const y = (value) =>
      Math.max(2, height - BOTTOM - (height - BOTTOM - TOP) * ((value - low) / (top - low)));
    axes({ low, top, last, x, y });
    lines.forEach((line, k) => curve(line, k + 1, x, y));
  }

  /** What the axes show: all but the wildest values. */
  function range() {
    const last = Math.max(FEW, points.at(-1)?.[0] ?? 0);
    const values = points.flatMap(([, ...all]) => all.filter(Number.isFinite)).sort((a, b) => a - b);
    if (!values.length) return { low: 0, top: 1, last };
    const most = values[Math.floor(0.985 * (values.length - 1))];
    const room = Math.max(
      0.06 * (most - (floor ?? values[0])),
      0.02 * Math.abs(most),
      floor === undefined ? 0.1 : 1 - most,
    );
    return { low: floor ?? values[0] - room, top: most + room, last };
  }

  function axes({ low, top, last, x, y }) {
    context.strokeStyle = inks["--vae-line"];
    context.fillStyle = inks["--vae-muted"];
    context.lineWidth = 1;
    context.textAlign = "right";
    for (const value of ticks(low, top, 3)) {
      const level = Math.round(y(value)) + 0.5;
      context.beginPath();
      context.moveTo(LEFT, level);
      context.lineTo(width, level);
      context.stroke();
      if (points.length) context.fillText(short(value, top - low < 2 ? 1 : 0), LEFT - 5, level + 3.5);
    }
    context.fillText(points.at(-1)?.[0] ? `${last} steps` : "steps", width - 1, height - 3);
    context.textAlign = "center";
    const early = roundUp(last / 8);
    if (points.at(-1)?.[0] > FEW && x(early) < width - 80) context.fillText(early, x(early), height - 3);
    context.textAlign = "left";
    context.fillText("0", LEFT, height - 3);
  }

  function curve({ name, thin }, k, x, y) {
    const seen = points.filter((point) => Number.isFinite(point[k]));
    if (!seen.length) return;
    context.strokeStyle = context.fillStyle = inks[name];
    context.lineWidth = thin ? 1 : 2;
    context.globalAlpha = thin ? 0.55 : 1;
    context.beginPath();
    for (const point of seen) context.lineTo(x(point[0]), y(point[k]));
    context.stroke();
    context.globalAlpha = 1;
    if (thin) return;
    const [step, ...values] = seen.at(-1);
    context.strokeStyle = inks["--vae-paper"];
    context.beginPath();
    context.arc(x(step), y(values[k - 1]), 3.5, 0, 7);
    context.fill();
    context.stroke();
  }

  return {
    el: canvas,
    add(step, values) {
      points.push([step, ...values]);
      if (points.length > MOST) points = points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
      paint();
    },
    clear() {
      points = [];
      paint();
    },
    /** In the page's new colours. */
    redraw() {
      inks = null;
      paint();
    },
    remove: () => observer.disconnect(),
    set label(text) {
      canvas.ariaLabel = text;
    },
  };
}
