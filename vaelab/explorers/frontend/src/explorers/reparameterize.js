// z = mu + sigma * eps with eps held, and two estimates of how the mean of f(z) changes with mu and sigma.

import { button, choice, slider, toggle } from "../controls.js";
import { h, number } from "../dom.js";
import { draws, functions, pathwise, score, summary } from "../estimators.js";
import { plot, roundUp } from "../plot.js";

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

/** The estimates of one gradient, a dot a draw, with the means and the exact value: { el, show, remove }. */
function strip(parameter) {
  const p = plot({
    height: 170,
    x: { min: -10, max: 10, label: `gradient for ${GREEK[parameter]}` },
    y: { min: 0, max: 2.4, ticks: false },
    label: "",
  });
  const lanes = Object.fromEntries(
    METHODS.map(([key, , colour]) => [key, p.points([], { colour, size: 5, opacity: 0.6 })]),
  );
  const exact = p.vertical(0, { colour: "var(--vae-third)", width: 2 });
  const spans = p.segments([], { colour: "var(--vae-ink)", width: 2.5 });
  const means = p.points([], { colour: "var(--vae-ink)", size: 9 });
  const names = METHODS.map(([, name, , y]) => p.text(name, [0, y], { dx: 4, dy: -18 }));
  return {
    el: h("div", { class: "vae-grow" }, p.el),
    remove: p.remove,
    /** `values` and `sums`: method -> a number a draw, method -> their summary. */
    show(values, sums, right) {
      const spread = Math.max(sums.pathwise.deviation, sums.score.deviation);
      const limit = roundUp(Math.max(3.5 * spread, 1.5 * Math.abs(right), 1));
      p.setRange({ x: { min: -limit, max: limit } });
      exact.update(right);
      METHODS.forEach(([key, , , y], i) => {
        names[i].update([-limit, y]);
        // Up and down by the golden ratio, so that dots at one place do not hide each other.
        lanes[key].update(values[key].map((v, k) => [v, y + 0.5 * (((k * 0.618) % 1) - 0.5)]));
      });
      const middle = METHODS.map(([key, , , y]) => [sums[key].mean, sums[key].error, y]);
      spans.update(middle.map(([mean, error, y]) => [[mean - error, y], [mean + error, y]]));
      means.update(middle.map(([mean, , y]) => [mean, y]));
      const told = METHODS.map(([key, name]) => `${name} ${estimate(sums[key])}`);
      p.label = `Gradient for ${GREEK[parameter]}: exact ${number(right)}, ${told.join(", ")}.`;
    },
  };
}

const estimate = ({ mean, error }) => `${number(mean)} ± ${number(error)}`;

/** The numbers: exact, pathwise, score function; a row for mu and one for sigma. */
function table() {
  const cells = {};
  const row = (parameter) => {
    const heading = h("th", { scope: "row" }, `d/d${GREEK[parameter]}`);
    cells[parameter] = ["exact", "pathwise", "score"].map(() => h("td"));
    return h("tr", {}, heading, cells[parameter]);
  };
  const title = (name) => h("th", { scope: "col" }, name);
  const titles = ["exact", "pathwise", "score function"].map(title);
  const body = h("tbody", {}, row("mu"), row("sigma"));
  const el = h("table", { class: "vae-table" }, h("thead", {}, h("tr", {}, h("td"), titles)), body);
  return {
    el,
    show(parameter, sums, right) {
      const [exact, ...rest] = cells[parameter];
      exact.textContent = number(right);
      rest.forEach((cell, i) => {
        const sum = sums[METHODS[i][0]];
        cell.replaceChildren(estimate(sum), h("br"), h("small", {}, `spread ${number(sum.deviation)}`));
      });
    },
  };
}

/** Move mu and sigma: the points move with them, as eps stays what it is. */
export function mount({ model, el, say }) {
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const fresh = () => set("seed", (model.get("seed") + 1) % 2 ** 31);
  const move = (name) => (value) => {
    if (!model.get("hold")) model.set("seed", (model.get("seed") + 1) % 2 ** 31);
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
  for (const [name, letter, what] of [["mu", "μ", "mean"], ["sigma", "σ", "standard deviation"]]) {
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
  const numbers = table();

  function drawPoints(f, mu, sigma, eps, z) {
    above.update(eps.map((e) => [e, 1]));
    below.update(z.map((v) => [v, 0]));
    paths.update(z.slice(0, 100).map((v, i) => [[eps[i], 1], [v, 0]])); // more would be one grey block
    bar.update([[[mu, 0], [mu, LANES.sigma], [mu + sigma, LANES.sigma]]]);
    rows.label = `${eps.length} draws ε, each joined to z = ${number(mu)} + ${number(sigma)} ε.`;
    const range = HEIGHTS[model.get("function")];
    heights.setRange({ y: range });
    curve.update(grid.map((x) => [x, f.value(x)]));
    const few = z.slice(0, FEW);
    dots.update(few.map((v) => [v, f.value(v)]));
    stems.update(few.map((v) => [[v, 0], [v, f.value(v)]]));
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
    const values = { pathwise: pathwise(f, mu, sigma, eps), score: score(f, mu, sigma, eps) };
    const told = [];
    for (const parameter of ["mu", "sigma"]) {
      const each = { pathwise: values.pathwise[parameter], score: values.score[parameter] };
      const sums = { pathwise: summary(each.pathwise), score: summary(each.score) };
      strips[parameter].show(each, sums, right[parameter]);
      numbers.show(parameter, sums, right[parameter]);
      const both = `pathwise ${estimate(sums.pathwise)}, score function ${estimate(sums.score)}`;
      told.push(`Gradient for ${GREEK[parameter]}: exact ${number(right[parameter])}, ${both}.`);
    }
    say(told.join(" "));
  }

  let last = {};
  function draw() {
    const now = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
    const { mu, sigma } = now;
    if (now.seed !== last.seed || now.draws !== last.draws) now.eps = draws(now.seed, now.draws);
    else now.eps = last.eps;
    last = now;
    for (const name of NAMES.slice(0, 5)) controls[name].value = now[name];
    for (const name of ["mu", "sigma"]) controls[name].handle.update(now[name]);
    const f = functions[now.function];
    drawPoints(f, mu, sigma, now.eps, now.eps.map((e) => mu + sigma * e));
    drawGradients(f, mu, sigma, now.eps);
  }

  el.append(
    rows.el,
    heights.el,
    h("p", { class: "vae-note" }, "Pathwise uses slopes (solid), the score function heights (dashed)."),
    h("div", { class: "vae-controls" }, NAMES.slice(0, 4).map((name) => controls[name].el)),
    h("div", { class: "vae-buttons" }, button("Draw new ε", fresh), controls.hold.el),
    h("div", { class: "vae-row" }, strips.mu.el, strips.sigma.el),
    numbers.el,
    h(
      "p",
      { class: "vae-note" },
      "A small dot for each draw, a large one for their mean ± standard error, a dashed line for the exact ",
      "gradient. Spread: the standard deviation of one draw.",
    ),
  );
  NAMES.forEach((name) => model.on(`change:${name}`, draw));
  draw();
  return () => {
    NAMES.forEach((name) => model.off(`change:${name}`, draw));
    for (const part of [rows, heights, strips.mu, strips.sigma]) part.remove();
  };
}
