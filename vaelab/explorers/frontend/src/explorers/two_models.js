// A classifier's boundary beside a generative model's density, on two clouds of points to drag.

import { button, choice, slider } from "../controls.js";
import { clamp, colour, div, h, note, number } from "../dom.js";
import { draggable, sliding, tell } from "../drag.js";
import { round } from "../latent.js";
import { pad } from "../pad.js";
import { normal, uniform } from "../random.js";
import { table } from "../table.js";
import { put, read, watch } from "../traits.js";
import * as gaussians from "../two_gaussians.js";

const COLOURS = ["--vae-accent", "--vae-second"];
const STATE = ["means", "spread", "query", "view"];
const NEW = 30; // points at a press of the button
const CELLS = 48; // of the coloured plane, in each direction
const CIRCLE = Array.from({ length: 61 }, (_, i) => [Math.cos, Math.sin].map((f) => f((i * Math.PI) / 30)));

/** Drag both means and the point that the models are asked about. */
export function mount({ model, el, say }) {
  const reach = model.get("reach");
  const before = read(model, ...STATE);
  let drawn = 0; // new points on show
  let points, labels, fit, weights, logs;

  function fitBoth() {
    ({ points, labels } = gaussians.place(...read(model, "noise", "means", "spread")));
    fit = gaussians.fitGaussians(points, labels);
    weights = [gaussians.fitLogistic(points, labels), gaussians.bayesWeights(fit)];
    logs = points.map((point) => gaussians.logEvidence(fit, point));
  }
  const set = (name, value) => put(model, name, value);

  function backdrop(context, width, height, toScreen) {
    const view = model.get("view");
    const ink = context.fillStyle;
    const paints = COLOURS.map((name) => colour(name, el));
    if (view !== "both") paintPlane(context, width, height, reach, shading(view, paints));
    const trace = (places, paint, dash = []) => {
      context.beginPath();
      for (const place of places) context.lineTo(...toScreen(...place));
      context.strokeStyle = paint;
      context.setLineDash(dash);
      context.stroke();
    };
    const boundary = (w, dash) => {
      context.lineWidth = 2;
      trace(gaussians.lineThrough(w, 2 * reach) ?? [], ink, dash);
    };
    if (view !== "generative") boundary(weights[0]);
    if (view !== "discriminative") {
      boundary(weights[1], [7, 5]);
      context.lineWidth = 1.25;
      for (const radius of [1, 2, 3]) {
        paints.forEach((paint, k) => {
          trace(
            CIRCLE.map(([u, v]) => gaussians.unwhiten(fit, k, [radius * u, radius * v])),
            paint,
          );
        });
      }
      const next = uniform(model.get("seed") + 1);
      for (const { point, label } of gaussians.drawPoints(fit, drawn, next, normal(next))) {
        mark(context, toScreen(...point), label, paints[label], "stroke");
      }
    }
    points.forEach((point, i) => mark(context, toScreen(...point), labels[i], paints[labels[i]], "fill"));
  }

  /** place -> [colour, opacity]: how sure the classifier is, or the density. */
  function shading(view, paints) {
    const green = colour("--vae-third", el);
    const peak = Math.max(...logs);
    if (view === "generative") {
      return (place) => [green, 0.6 * Math.min(1, Math.exp(gaussians.logEvidence(fit, place) - peak))];
    }
    return (place) => {
      const p = gaussians.sigmoid(gaussians.score(weights[0], place));
      return [paints[p > 0.5 ? 1 : 0], 0.5 * Math.abs(2 * p - 1)];
    };
  }

  const board = pad({
    label: "The point that both models are asked about",
    x: { min: -reach, max: reach, name: "x₁" },
    y: { min: -reach, max: reach, name: "x₂" },
    value: model.get("query"),
    backdrop,
    onMove: (place) => set("query", round(place)),
  });
  const means = ["circles", "triangles"].map((name, k) =>
    grip(`Mean of the ${name}`, k, board, reach, (place) => {
      set(
        "means",
        model.get("means").map((mean, i) => (i === k ? round(place) : mean)),
      );
    }),
  );
  const spread = slider({
    label: "Spread of both clouds",
    min: 0.2,
    max: 2,
    step: 0.05,
    value: model.get("spread"),
    onInput: (value) => set("spread", value),
  });
  const view = choice({
    label: "Show",
    options: [
      ["both", "both"],
      ["discriminative", "the classifier"],
      ["generative", "the density"],
    ],
    value: model.get("view"),
    onChange: (value) => set("view", value),
  });
  const more = button("Draw new points", () => {
    drawn = Math.min(drawn + NEW, 10 * NEW);
    board.redraw();
    say(`${drawn} new points drawn from the Gaussians.`);
  });
  const again = button("Start again", () => {
    drawn = 0;
    STATE.forEach((name, i) => set(name, before[i]));
    show();
  });
  const answers = table();
  const verdict = h("p");
  const legend = note();
  let shown = model.get("view");
  const buttons = div("vae-buttons", more, again);
  const plane = div("vae-board", board, means);
  const beside = div("vae-grow", view, spread, answers, verdict, buttons);
  el.append(div("vae-row", plane, beside), legend);

  function show() {
    fitBoth();
    const query = model.get("query");
    const beliefs = weights.map((w) => gaussians.sigmoid(gaussians.score(w, query)));
    const log = gaussians.logEvidence(fit, query);
    const [lowest, highest] = [Math.min(...logs), Math.max(...logs)];
    answers.show(
      ["", "Logistic regression", "Gaussians"],
      [
        ["p(▲\u00a0|\u00a0x)", ...beliefs.map(percent)],
        ["log\u00a0p(x) here", "has none", number(log, 1)],
        ["at the points", "has none", `${number(lowest, 1)} to ${number(highest, 1)}`],
      ],
    );
    const [p] = beliefs;
    const belief = `The classifier says ${p > 0.5 ? "triangle" : "circle"}, ${percent(Math.max(p, 1 - p))}.`;
    verdict.textContent = `${belief} The density here is ${
      log < lowest
        ? "lower than at every point it was fitted to: it has seen nothing like this."
        : "no lower than at some of the points it was fitted to."
    }`;
    legend.textContent = model.get("notes")[model.get("view")];
    more.disabled = model.get("view") === "discriminative";
    board.value = query;
    spread.value = model.get("spread");
    view.value = model.get("view");
    means.forEach((mean, k) => (mean.value = model.get("means")[k]));
    board.redraw();
    say((model.get("view") === shown ? verdict : legend).textContent);
    shown = model.get("view");
  }
  const stop = watch(model, STATE, show);
  return () => {
    stop();
    board.remove();
  };
}

/** "97.3 %", without claiming certainty. */
function percent(p) {
  if (p > 0.9995) return "> 99.9 %";
  return p < 0.0005 ? "< 0.1 %" : `${(100 * p).toFixed(1)} %`;
}

/** A circle for class 0, a triangle for class 1; `way` is "fill" or "stroke". */
function mark(context, [x, y], label, paint, way) {
  context.beginPath();
  if (label) {
    for (const [dx, dy] of [
      [0, -5],
      [4.6, 3.5],
      [-4.6, 3.5],
    ])
      context.lineTo(x + dx, y + dy);
    context.closePath();
  } else context.arc(x, y, 4, 0, 7);
  context.setLineDash([]);
  context.fillStyle = context.strokeStyle = paint;
  context[way]();
}

/** Colour the plane by `shade(place) -> [colour, opacity]`, coarsely, then smoothed. */
function paintPlane(context, width, height, reach, shade) {
  const tiny = h("canvas", { width: CELLS, height: CELLS });
  const brush = tiny.getContext("2d");
  const along = (i) => reach * ((2 * i + 1) / CELLS - 1);
  for (let i = 0; i < CELLS * CELLS; i++) {
    const [column, row] = [i % CELLS, Math.floor(i / CELLS)];
    [brush.fillStyle, brush.globalAlpha] = shade([along(column), -along(row)]);
    brush.fillRect(column, row, 1, 1);
  }
  context.drawImage(tiny, 0, 0, width, height);
}

/** A mean to drag over the board by mouse, finger or arrow keys: { el, value }. */
function grip(label, k, board, reach, onMove) {
  let place;
  const el = h("div", sliding(`vae-mean vae-mean-${k}`, label, -reach, reach));
  const move = (to) => onMove(to.map((value) => clamp(value, -reach, reach)));
  draggable(el, {
    grab() {}, // stays where it is until it is dragged
    follow: (event) => move(board.at(event)),
    step: (way, times) => move(place.map((value, axis) => value + 0.02 * times * reach * way[axis])),
  });
  return {
    el,
    set value(next) {
      place = next;
      const [x, y] = place;
      el.style.left = `${50 * (1 + x / reach)}%`;
      el.style.top = `${50 * (1 - y / reach)}%`;
      tell(el, x, `x₁ ${number(x)}, x₂ ${number(y)}`);
    },
  };
}
