// Curves, points and handles on two axes: SVG drawn anew for each width, so that its text keeps its size.

import { clamp, h, svg, uniqueId } from "./dom.js";
import { draggable, sliding, tell } from "./drag.js";

const TEXT = 12; // px

/** The least of 1, 2, 5, 10, 20, ... times a power of ten that is not below `value`: it seldom jumps. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value * (1 - 1e-9));
}

/** Round places from min to max, at most about `count` of them. */
export function ticks(min, max, count) {
  const step = roundUp((max - min) / Math.max(count, 1));
  const places = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) {
    places.push(Number((i * step).toPrecision(9)));
  }
  return places;
}

/**
 * A plot: { el, line, area, points, segments, vertical, text, handle, setRange, label, remove }.
 *
 * What is drawn takes CSS colours ("var(--vae-accent)"), lies in the order of the calls, and has update(...)
 * with the same first argument. `label` says what the picture shows and may be set as it changes.
 * @param {{height: number, x: {min: number, max: number, label?: string, ticks?: number[] | false},
 *   y: {min: number, max: number, label?: string, ticks?: number[] | false}, label: string}} options
 */
export function plot({ height, x, y, label }) {
  const ranges = { x: { ...x }, y: { ...y } };
  const margin = { left: y.ticks === false ? 10 : 42, right: 12, top: y.label ? 22 : 8, bottom: 6 };
  if (x.ticks !== false) margin.bottom += 16;
  if (x.label) margin.bottom += 16;
  const clip = uniqueId();
  const window_ = svg("rect", { x: margin.left, y: margin.top, height: height - margin.top - margin.bottom });
  const axes = svg("g", { fill: "currentColor", "font-size": TEXT, style: { color: "var(--vae-muted)" } });
  const marks = svg("g", { "clip-path": `url(#${clip})` });
  const words = svg("g", { "font-size": TEXT });
  const defs = svg("defs", {}, svg("clipPath", { id: clip }, window_));
  const image = svg("svg", { role: "img", "aria-label": label, height }, defs, axes, marks, words);
  Object.assign(image.style, { display: "block", overflow: "visible", width: "100%" });
  const el = h("div", { class: "vae-plot", style: { position: "relative" } }, image);
  const drawers = [];
  let width = 320;

  const inner = () => [width - margin.left - margin.right, height - margin.top - margin.bottom];
  const share = ({ min, max }, value) => (value - min) / (max - min);
  const px = (value) => margin.left + inner()[0] * share(ranges.x, value);
  const py = (value) => margin.top + inner()[1] * (1 - share(ranges.y, value));
  const spot = ([a, b]) => `${px(a).toFixed(1)} ${py(b).toFixed(1)}`;
  const polyline = (places) => (places.length ? `M${places.map(spot).join("L")}` : "");

  /** The data at a pointer event: [x, y]; `shift` moves the pointer first, in px. */
  function toData(event, [dx, dy] = [0, 0]) {
    const box = image.getBoundingClientRect();
    const right = (event.clientX + dx - box.left - margin.left) / inner()[0];
    const up = 1 - (event.clientY + dy - box.top - margin.top) / inner()[1];
    const along = ({ min, max }, part) => min + part * (max - min);
    return [along(ranges.x, right), along(ranges.y, up)];
  }

  function drawAxes() {
    const [w, tall] = inner();
    const base = margin.top + tall;
    const rule = (d, opacity = 0.6) =>
      svg("path", { d, style: { stroke: "var(--vae-line)" }, "stroke-width": 2 * opacity, opacity });
    const write = (text, attributes) => svg("text", attributes, String(text).replace("-", "\u2212"));
    const list = ({ min, max, ticks: given }, room) =>
      given === false ? [] : (given ?? ticks(min, max, room));
    axes.replaceChildren(
      ...list(ranges.x, w / 40).flatMap((at) => [
        rule(`M${px(at)} ${margin.top}v${tall}`),
        write(at, { x: px(at), y: base + 15, "text-anchor": "middle" }),
      ]),
      ...list(ranges.y, tall / 40).flatMap((at) => [
        rule(`M${margin.left} ${py(at)}h${w}`),
        write(at, { x: margin.left - 6, y: py(at) + 4, "text-anchor": "end" }),
      ]),
      rule(`M${margin.left} ${clamp(py(0), margin.top, base)}h${w}`, 1),
    );
    if (x.label) axes.append(write(x.label, { x: margin.left + w, y: height - 4, "text-anchor": "end" }));
    if (y.label) axes.append(write(y.label, { x: 2, y: TEXT + 1 }));
  }

  function redraw() {
    window_.setAttribute("width", Math.max(inner()[0], 0));
    drawAxes();
    for (const draw of drawers) draw();
  }

  /** Something on the plot: `draw(data)` sets its attributes, now and whenever the plot changes. */
  function item(data, draw) {
    const again = () => draw(data);
    drawers.push(again);
    again();
    return {
      update(next) {
        data = next;
        again();
      },
    };
  }

  function path(data, attributes, trace) {
    const node = svg("path", { fill: "none", ...attributes });
    marks.append(node);
    return item(data, (now) => node.setAttribute("d", trace(now)));
  }

  const stroke = ({ colour = "var(--vae-accent)", width: thick = 2, dash, opacity }) => ({
    // In `style`, as figures in the page may have a sheet that sets these for every element.
    style: { stroke: colour, strokeLinejoin: "round", strokeLinecap: "round" },
    "stroke-width": thick,
    "stroke-dasharray": dash,
    opacity,
  });

  /** A fill for areas that is told from a plain one without its colour: slanted lines. */
  function hatch(colour) {
    const id = uniqueId();
    const size = { width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
    defs.append(svg("pattern", { id, ...size }, svg("path", { d: "M1 0V6", ...stroke({ colour }) })));
    return `url(#${id})`;
  }

  const observer = new ResizeObserver(() => {
    if (!el.clientWidth || el.clientWidth === width) return;
    width = el.clientWidth;
    redraw();
  });
  observer.observe(el);

  const api = {
    el,
    /** A curve through places [[x, y], ...]. */
    line: (places, look = {}) => path(places, stroke(look), polyline),
    /** The area between a curve and y = 0; `hatched` draws it with slanted lines. */
    area(places, { colour = "var(--vae-accent)", hatched, opacity = hatched ? 0.8 : 0.35 } = {}) {
      const fill = hatched ? hatch(colour) : colour;
      const close = (now) => (now.length ? `${polyline([[now[0][0], 0], ...now, [now.at(-1)[0], 0]])}Z` : "");
      return path(places, { style: { fill }, opacity }, close);
    },
    /** Round dots at places [[x, y], ...]. */
    points: (places, { size = 7, ...look } = {}) =>
      path(places, stroke({ ...look, width: size }), (now) => now.map((at) => `M${spot(at)}h0`).join("")),
    /** Straight pieces [[[x, y], [x, y]], ...]. */
    segments: (pairs, look = {}) => path(pairs, stroke(look), (now) => now.map(polyline).join("")),
    /** A line from top to bottom at x. */
    vertical: (at, look = {}) =>
      path(at, stroke({ dash: "4 4", ...look }), (now) => `M${px(now)} ${margin.top}v${inner()[1]}`),
    /** Words at a place [x, y], or other words with update([x, y, words]); readable over lines. */
    text(words_, place, { colour = "var(--vae-ink)", anchor = "start", dx = 0, dy = 0 } = {}) {
      const halo = { paintOrder: "stroke", stroke: "var(--vae-paper)", strokeWidth: "4px" };
      const node = svg("text", { "text-anchor": anchor, style: { fill: colour, ...halo } });
      words.append(node);
      return item(place, ([a, b, said = words_]) => {
        node.textContent = said;
        node.setAttribute("x", px(a) + dx);
        node.setAttribute("y", py(b) + dy);
      });
    },
    /**
     * Something to drag, by mouse, finger or arrow keys, that stands for one number.
     * `at(value)` is its place [x, y], `from([x, y])` the number for a place, `letter` is written on it.
     */
    handle({ label: name, letter, colour, min, max, step = 0.05, value, at, from, format = String, onMove }) {
      const dot = h("span", { class: "vae-knob", style: { background: colour } }, letter);
      const knob = h("div", sliding("vae-grip", `${name}, on the plot`, min, max), dot);
      el.append(knob);
      let shift;
      const move = (next) => {
        const rounded = Number((Math.round(clamp(next, min, max) / step) * step).toFixed(9));
        if (rounded !== value) onMove(rounded);
      };
      draggable(knob, {
        grab(event) {
          const box = knob.getBoundingClientRect();
          shift = [box.left + box.width / 2 - event.clientX, box.top + box.height / 2 - event.clientY];
        },
        follow: (event) => move(from(toData(event, shift))),
        step: ([right, up], times) => move(value + (right + up) * step * times),
      });
      knob.addEventListener("keydown", (event) => {
        const end = { Home: min, End: max }[event.key];
        if (end === undefined) return;
        event.preventDefault();
        move(end);
      });
      return item(value, (now) => {
        value = now;
        const [a, b] = at(now);
        knob.style.left = `${clamp(px(a), 0, width)}px`;
        knob.style.top = `${clamp(py(b), 0, height)}px`;
        tell(knob, now, format(now));
      });
    },
    /** Another range for an axis: setRange({ y: { min, max } }). */
    setRange(next) {
      const before = JSON.stringify(ranges);
      for (const axis of Object.keys(next)) Object.assign(ranges[axis], next[axis]);
      if (before !== JSON.stringify(ranges)) redraw();
    },
    set label(text) {
      image.setAttribute("aria-label", text);
    },
    remove: () => observer.disconnect(),
  };
  redraw();
  return api;
}
