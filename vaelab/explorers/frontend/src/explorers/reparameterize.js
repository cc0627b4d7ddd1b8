// z = mu + sigma * eps with eps held, and two estimates of how the mean of f(z) changes with mu and sigma.

import { button, choice, slider, toggle } from "../controls.js";
import { div, h, note, number } from "../dom.js";
import { draws, functions, pathwise, score, summary } from "../estimators.js";
import { plot, roundUp } from "../plot.js";
import { put, watch } from "../traits.js";

const NAMES = ["mu", "sigma", "draws", "function", "hold", "seed"];
const LIMITS = { mu: { min: -2, max: 2, step: 0.05 }, sigma: { min: 0.1, max: 1.2, step: 0.05 } };
const GREEK = { mu: "μ", sigma: "σ" };
const AXIS = { min: -5, max: 5 };
const HEIGHTS = { square: { min: -1, max: 9 }, wave: { min: -1.6, max: 1.6 } };
const LANES = { mu: -0.4, sigma: -1 }; // where the handles lie, below the points
const FEW = 10; // so many draws get their slope and height drawn
const METHODS = [
  ["pathwise", "pathwise", "var(--vae-accent)", 1.65],
  ["score", "score function", "var(--vae-second)", 0.45],
];

const estimate = ({ mean, error, deviation }) =>
  `${number(mean)} ± ${number(error)}, spread ${number(deviation)}`;

/** The estimates of one gradient, a dot a draw, with the means and the exact value: { el, show, remove }. */
function strip(parameter) {
  const y = { min: 0, max: 2.4, ticks: false };
  const p = plot({ height: 170, x: { min: -10, max: 10 }, y, label: "" });
  const lanes = Object.fromEntries(
    METHODS.map(([key, , colour]) => [key, p.points([], { colour, size: 5, opacity: 0.6 })]),
  );
  const exact = p.vertical(0, { colour: "var(--vae-third)", width: 2 });
  const spans = p.segments([], { colour: "var(--vae-ink)", width: 2.5 });
  const means = p.points([], { colour: "var(--vae-ink)", size: 9 });
  const names = METHODS.map(() => p.text("", [0, 0], { dy: -18 }));
  const title = h("p");
  return {
    el: div("vae-grow", title, p),
    remove: p.remove,
    /** Show a number a draw for each method beside the exact one; returns all in words. */
    show(values, right) {
      const sums = METHODS.map(([key]) => summary(values[key]));
      const limit = roundUp(Math.max(...sums.map((s) => 3.5 * s.deviation), 1.5 * Math.abs(right), 1));
      p.setRange({ x: { min: -limit, max: limit } });
      exact.update(right);
      const said = METHODS.map(([key, name, , lane], i) => {
        // Up and down by the golden ratio, so that dots at one place do not hide each other.
        lanes[key].update(values[key].map((v, k) => [v, lane + 0.5 * (((k * 0.618) % 1) - 0.5)]));
        const words = `${name} ${estimate(sums[i])}`;
        names[i].update([-limit, lane, words]);
        return words;
      });
      const middle = METHODS.map(([, , , lane], i) => [sums[i], lane]);
      spans.update(
        middle.map(([{ mean, error }, at]) => [
          [mean - error, at],
          [mean + error, at],
        ]),
      );
      means.update(middle.map(([{ mean }, at]) => [mean, at]));
      title.textContent = `Gradient for ${GREEK[parameter]}: exact ${number(right)}`;
      const words = `${title.textContent}, ${said.join("; ")}.`;
      p.label = words;
      return words;
    },
  };
}

/** Move mu and sigma: the points move with them, as eps stays what it is. */
export function mount({ model, el, say }) {
  const set = (name, value) => put(model, name, value);
  const fresh = () => set("seed", (model.get("seed") + 1) % 2 ** 31);
  const move = (name) => (value) => {
    if (!model.get("hold")) fresh();
    set(name, value);
  };

  const rows = plot({ height: 210, x: AXIS, y: { min: -1.35, max: 1.25, ticks: [] }, label: "" });
  const paths = rows.segments([], { colour: "var(--vae-muted)", width: 1, opacity: 0.5 });
  const above = rows.points([], { colour: "var(--vae-third)", opacity: 0.7 });
  const below = rows.points([], { opacity: 0.7 });
  const bar = rows.segments([], { colour: "var(--vae-ink)", width: 1.5 });
  rows.text("ε", [AXIS.min, 1], { dx: -26, dy: 4 });
  rows.text("z", [AXIS.min, 0], { dx: -26, dy: 4 });

  const heights = plot({
    height: 190,
    x: { ...AXIS, label: "z" },
    y: { ...HEIGHTS.square, label: "f(z)" },
    label: "",
  });
  const grid = Array.from({ length: 401 }, (_, i) => AXIS.min + i / 40);
  const curve = heights.line([], { colour: "var(--vae-muted)" });
  const stems = heights.segments([], { colour: METHODS[1][2], width: 1.5, dash: "3 3" });
  const slopes = heights.segments([], { colour: METHODS[0][2], width: 3 });
  const dots = heights.points([], { colour: "var(--vae-ink)", size: 6, opacity: 0.7 });

  const controls = {};
  for (const [name, letter, what] of [
    ["mu", "μ", "mean"],
    ["sigma", "σ", "standard deviation"],
  ]) {
    const shared = { ...LIMITS[name], value: model.get(name) };
    controls[name] = slider({ ...shared, label: `${letter}, the ${what}`, onInput: move(name) });
    const zero = () => (name === "mu" ? 0 : model.get("mu"));
    controls[name].handle = rows.handle({
      ...shared,
      label: `${letter}, the ${what}`,
      letter,
      colour: METHODS[0][2],
      at: (value) => [zero() + value, LANES[name]],
      from: ([x]) => x - zero(),
      format: (v) => number(v),
      onMove: move(name),
    });
  }
  controls.draws = choice({
    label: "Draws",
    options: [10, 100, 1000].map((n) => [n, String(n)]),
    value: model.get("draws"),
    onChange: (n) => set("draws", n),
  });
  controls.function = choice({
    label: "Function f",
    options: Object.entries(functions).map(([key, f]) => [key, f.name]),
    value: model.get("function"),
    onChange: (key) => set("function", key),
  });
  controls.hold = toggle({
    label: "hold ε while I move",
    value: model.get("hold"),
    onChange: (on) => set("hold", on),
  });
  const strips = { mu: strip("mu"), sigma: strip("sigma") };

  function drawPoints(f, mu, sigma, eps, z) {
    above.update(eps.map((e) => [e, 1]));
    below.update(z.map((v) => [v, 0]));
    paths.update(
      z.slice(0, 100).map((v, i) => [
        [eps[i], 1],
        [v, 0],
      ]),
    ); // more would be one grey block
    bar.update([
      [
        [mu, 0],
        [mu, LANES.sigma],
        [mu + sigma, LANES.sigma],
      ],
    ]);
    rows.label = `${eps.length} draws ε, each joined to z = ${number(mu)} + ${number(sigma)} ε.`;
    const range = HEIGHTS[model.get("function")];
    heights.setRange({ y: range });
    curve.update(grid.map((x) => [x, f.value(x)]));
    const few = z.slice(0, FEW);
    dots.update(few.map((v) => [v, f.value(v)]));
    stems.update(
      few.map((v) => [
        [v, 0],
        [v, f.value(v)],
      ]),
    );
    // All tangents equally long to the eye: the plot is about three times as wide as it is tall.
    const scale = (range.max - range.min) / 5;
    slopes.update(
      few.map((v) => {
        const dx = 0.5 / Math.hypot(1, f.slope(v) / scale);
        return [-dx, dx].map((d) => [v + d, f.value(v) + d * f.slope(v)]);
      }),
    );
    heights.label = `f(z) = ${f.name} at the draws, with the slope and the height at the first ten.`;
  }

  function drawGradients(f, mu, sigma, eps) {
    const right = f.exact(mu, sigma);
    const each = { pathwise: pathwise(f, mu, sigma, eps), score: score(f, mu, sigma, eps) };
    const told = ["mu", "sigma"].map((name) =>
      strips[name].show({ pathwise: each.pathwise[name], score: each.score[name] }, right[name]),
    );
    return told.join(" ");
  }

  let last = {};
  function draw() {
    const now = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
    const { mu, sigma } = now;
    if (now.seed !== last.seed || now.draws !== last.draws) now.eps = draws(now.seed, now.draws);
    else now.eps = last.eps;
    const moved = now.hold === last.hold;
    last = now;
    for (const name of NAMES.slice(0, 5)) controls[name].value = now[name];
    for (const name of ["mu", "sigma"]) controls[name].handle.update(now[name]);
    const f = functions[now.function];
    drawPoints(
      f,
      mu,
      sigma,
      now.eps,
      now.eps.map((e) => mu + sigma * e),
    );
    const told = drawGradients(f, mu, sigma, now.eps);
    if (moved) say(told);
  }

  el.append(
    rows.el,
    heights.el,
    note("Pathwise uses slopes (solid), the score function heights (dashed)."),
    div(
      "vae-controls",
      NAMES.slice(0, 4).map((name) => controls[name]),
    ),
    div("vae-buttons", button("Draw new ε", fresh), controls.hold),
    div("vae-row", Object.values(strips)),
    note(
      "A small dot for each draw, a large one for their mean ± standard error, a dashed line for the exact ",
      "gradient. Spread: the standard deviation of one draw.",
    ),
  );
  const stop = watch(model, NAMES, draw);
  return () => {
    stop();
    for (const part of [rows, heights, strips.mu, strips.sigma]) part.remove();
  };
}
