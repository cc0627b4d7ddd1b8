// Two Gaussians to drag, what their KL divergence adds up, and the number in both directions.

import { button, choice, slider } from "../controls.js";
import { div, h, note, number } from "../dom.js";
import { areas, density, integrand, klDivergence, places } from "../gaussians.js";
import { plot, roundUp } from "../plot.js";
import { put, watch } from "../traits.js";

const REACH = 6; // of the axis; the tails go on outside, and are counted
const NAMES = ["mu_q", "sigma_q", "mu_p", "sigma_p"];
const LIMITS = { mu: { min: -3, max: 3, step: 0.05 }, sigma: { min: 0.1, max: 2, step: 0.05 } };
const COLOURS = { q: "var(--vae-accent)", p: "var(--vae-second)" };
const PRESETS = {
  equal: [0, 1, 0, 1],
  "q inside p": [0, 0.3, 0, 1.5],
  "p inside q": [0, 1.5, 0, 0.3],
  "VAE posterior against N(0, 1)": [1.2, 0.2, 0, 1],
};

const nats = (value) => number(value, value < 10 ? 3 : value < 1000 ? 1 : 0);

/** In words: how the two directions compare. */
function verdict(forward, backward) {
  const [less, more] = [forward, backward].sort((a, b) => a - b);
  if (more < 5e-4) return "The two are the same. Both numbers are 0, the floor.";
  const ceiling = more > 1 ? " There is no ceiling at 1, nor anywhere else." : "";
  if (more < 1.005 * less) return `Equally wide: here the two directions agree.${ceiling}`;
  const names = forward > backward ? ["KL(q‖p)", "KL(p‖q)"] : ["KL(p‖q)", "KL(q‖p)"];
  return `Not symmetric: ${names[0]} is ${number(more / less, 1)} times ${names[1]}.${ceiling}`;
}

/** A number with its formula's value and the area that agrees with it. */
function readout(name, colour) {
  const value = h("strong");
  const area = div("vae-hint");
  const el = h("div", { class: "vae-number", style: { borderColor: colour } }, name, value, area);
  return {
    el,
    show(exact, { above, below }) {
      value.textContent = `${nats(exact)} nats`;
      area.textContent = `area: ${nats(above)} − ${nats(below)} = ${nats(above - below)}`;
    },
  };
}

/** Drag the peaks for the means and the handles beside them for the widths. */
export function mount({ model, el, say }) {
  const set = (name, value) => put(model, name, value);
  const axis = { min: -REACH, max: REACH };
  const curves = plot({ height: 220, x: axis, y: { min: 0, max: 1, label: "density" }, label: "" });
  const sums = plot({
    height: 190,
    x: { ...axis, label: "z" },
    y: { min: -1, max: 1, label: "what the integral adds up" },
    label: "",
  });
  const lines = {
    p: curves.line([], { colour: COLOURS.p, dash: "7 5", width: 2.5 }),
    q: curves.line([], { colour: COLOURS.q, width: 2.5 }),
  };
  const plus = sums.area([]);
  const minus = sums.area([], { colour: COLOURS.p, hatched: true });
  const edge = sums.line([], { colour: "var(--vae-ink)", width: 1.5 });
  const gaussian = (who) => [model.get(`mu_${who}`), model.get(`sigma_${who}`)];

  const controls = {};
  for (const who of ["q", "p"]) {
    for (const [kind, greek, what] of [
      ["mu", "μ", "mean"],
      ["sigma", "σ", "standard deviation"],
    ]) {
      const name = `${kind}_${who}`;
      const shared = { ...LIMITS[kind], value: model.get(name), label: `${what} ${greek} of ${who}` };
      controls[name] = slider({ ...shared, onInput: (v) => set(name, v) });
      const side = who === "q" ? 1 : -1; // the two widths' handles never lie on one another
      const spot = () => gaussian(who)[0] + side * gaussian(who)[1];
      const [at, from] =
        kind === "mu"
          ? [(mu) => [mu, density(mu, gaussian(who))], ([x]) => x]
          : [() => [spot(), density(spot(), gaussian(who))], ([x]) => side * (x - gaussian(who)[0])];
      const look = { letter: kind === "mu" ? who : "σ", colour: COLOURS[who], format: (v) => number(v) };
      const handle = curves.handle({ ...shared, ...look, at, from, onMove: (v) => set(name, v) });
      controls[name].handle = handle;
    }
  }

  const direction = choice({
    label: "Show what is added up for",
    options: [
      ["q||p", "KL(q‖p): q draws"],
      ["p||q", "KL(p‖q): p draws"],
    ],
    value: model.get("direction"),
    onChange: (value) => set("direction", value),
  });
  const readouts = { "q||p": readout("KL(q‖p)", COLOURS.q), "p||q": readout("KL(p‖q)", COLOURS.p) };
  const compared = note();
  let last; // the direction that was shown

  function drawSums(a, b) {
    const seen = places(-REACH, REACH, [a, b]).map((x) => [x, integrand(x, a, b)]);
    const heights = seen.map(([, y]) => y);
    const top = roundUp(Math.max(...heights, 0.1));
    const bottom = -roundUp(Math.max(-Math.min(...heights), top / 10));
    sums.setRange({ y: { min: bottom, max: top } });
    plus.update(seen.map(([x, y]) => [x, Math.max(y, 0)]));
    minus.update(seen.map(([x, y]) => [x, Math.min(y, 0)]));
    edge.update(seen);
  }

  function draw() {
    const [q, p] = [gaussian("q"), gaussian("p")];
    const peak = Math.max(density(q[0], q), density(p[0], p));
    curves.setRange({ y: { max: roundUp(1.1 * peak) } });
    for (const [who, g] of [
      ["q", q],
      ["p", p],
    ]) {
      lines[who].update(places(-REACH, REACH, [g]).map((x) => [x, density(x, g)]));
    }
    for (const name of NAMES) {
      controls[name].value = model.get(name);
      controls[name].handle.update(model.get(name));
    }
    direction.value = model.get("direction");
    drawSums(...(direction.value === "q||p" ? [q, p] : [p, q]));
    const [forward, backward] = [klDivergence(q, p), klDivergence(p, q)];
    readouts["q||p"].show(forward, areas(q, p));
    readouts["p||q"].show(backward, areas(p, q));
    compared.textContent = verdict(forward, backward);
    const words = ([mu, sigma]) => `mean ${number(mu)}, standard deviation ${number(sigma)}`;
    curves.label = `Two bell curves. q, solid: ${words(q)}. p, dashed: ${words(p)}.`;
    const [a, b] = direction.value.split("||");
    const shown = `The curve ${a} ln(${a}/${b}), with plain areas above zero and hatched ones below.`;
    sums.label = shown;
    const told = `KL of q from p ${nats(forward)}, KL of p from q ${nats(backward)} nats. ${compared.textContent}`;
    say(direction.value === last ? told : shown);
    last = direction.value;
  }

  const presets = Object.entries(PRESETS).map(([text, values]) =>
    button(text, () => {
      NAMES.forEach((name, i) => model.set(name, values[i]));
      model.save_changes();
    }),
  );
  el.append(
    h("div", { class: "vae-buttons", role: "group", "aria-label": "Examples" }, presets),
    curves.el,
    direction.el,
    sums.el,
    note("Plain area counts plus, hatched area counts minus."),
    div("vae-numbers", Object.values(readouts)),
    compared,
    div(
      "vae-controls",
      NAMES.map((name) => controls[name]),
    ),
  );
  const stop = watch(model, [...NAMES, "direction"], draw);
  return () => {
    stop();
    curves.remove();
    sums.remove();
  };
}
