// A slider over trained VAEs: rate and distortion of each, and its pictures from one sheet.

import { slider } from "../controls.js";
import { div, h, note, number, signed } from "../dom.js";
import { plot } from "../plot.js";
import { table } from "../table.js";
import { put, watch } from "../traits.js";

const GAP = 2; // pixels between pictures

/** Slide over the models; `index` is the chosen one's place in `runs`. */
export function mount({ model, el, say }) {
  const runs = model.get("runs");
  const nats = model.get("unit") === "nats";
  const names = runs.map((run) => `β = ${Number(run.beta.toPrecision(4))}`);
  const elbo = (run) => -run.rate - run.distortion;
  const best = Math.max(...runs.map(elbo));
  const rows = [
    ["Rate", "KL, nats per image", (run) => run.rate, 1],
    nats
      ? ["Distortion", "−log p(x | z), nats per image", (run) => run.distortion, 1]
      : ["Distortion", "mean squared error", (run) => run.distortion, 4],
    nats && ["ELBO", "−rate − distortion, nats", elbo, 1],
    ["Active units", `of ${runs[0].latent_dim}`, (run) => run.active, 0],
  ].filter(Boolean);

  const chosen = slider({
    label: "Weight of the KL term",
    min: 0,
    max: runs.length - 1,
    step: 1,
    value: 0,
    format: (i) => names[i],
    onInput: (i) => put(model, "index", i),
  });
  const remark = nats
    ? `Dotted: where rate and distortion make up the best ELBO here, ${number(best, 1)} nats.`
    : "The models have different likelihoods, so their nats cannot be compared: distortion is the mean " +
      "squared error of the reconstructions.";
  const curve = rateDistortion(runs, nats, best);
  const strips = pictureRows(model.get("sheet"));
  const facts = table();
  const numbers = div("vae-grow", facts, note(remark));
  el.append(div("vae-stay", chosen), strips.el, div("vae-row", numbers, div("vae-grow", curve)));

  function show() {
    const i = Math.min(runs.length - 1, Math.max(0, model.get("index")));
    const before = runs[i - 1];
    const lines = rows.map(([name, unit, value, digits]) => {
      const title = [name, h("span", { class: "vae-hint" }, ` ${unit}`)];
      const change = before ? signed(value(runs[i]) - value(before), digits) : "";
      return [title, number(value(runs[i]), digits), change];
    });
    facts.show(["", names[i], before ? `from ${names[i - 1]}` : ""], lines);
    chosen.value = i;
    curve.mark(runs[i], names[i]);
    strips.show(i, names[i]);
    const spoken = rows.map(([name], k) => `${name} ${lines[k][1]}`);
    say(`${names[i]}. ${spoken.join(", ")}.`);
  }
  const stop = watch(model, ["index"], show);
  return () => {
    stop();
    curve.remove();
  };
}

/** The models' points, joined in the order of beta, the chosen one marked. */
function rateDistortion(runs, nats, best) {
  const places = runs.map((run) => [run.rate, run.distortion]);
  const range = (axis) => {
    const values = places.map((place) => place[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = 0.15 * (high - low) || 0.1 * Math.abs(high) || 1;
    return { min: low - room / 2, max: high + 2 * room };
  };
  const x = { ...range(0), label: "rate, nats" };
  const y = { ...range(1), label: nats ? "distortion, nats" : "distortion, squared error" };
  const label = `Distortion over rate of ${runs.length} models.`;
  const chart = plot({ height: 260, x, y, label });
  if (nats) {
    const ends = [x.min, x.max].map((rate) => [rate, -best - rate]);
    chart.line(ends, { colour: "var(--vae-muted)", dash: "2 5" });
  }
  chart.line(places);
  chart.points(places);
  const point = chart.points([], { size: 15, colour: "var(--vae-second)" });
  const name = chart.text("", places[0], { dx: 10, dy: -8 });
  return {
    el: chart.el,
    remove: chart.remove,
    mark(run, text) {
      const place = [run.rate, run.distortion];
      point.update([place]);
      name.update([...place, text]);
      const distortion = number(run.distortion, nats ? 1 : 4);
      chart.label = `${label} ${text}: rate ${number(run.rate, 1)}, distortion ${distortion}.`;
    },
  };
}

/** Rows of pictures cut from the sheet: originals, then the chosen model's reconstructions and samples. */
function pictureRows({ src, cell: [width, height], examples, samples }) {
  const sheet = new Image();
  const rows = [
    ["Originals", examples, () => 0],
    ["Reconstructions", examples, (i) => 1 + 2 * i],
    ["Samples from the prior", samples, (i) => 2 + 2 * i],
  ].map(([name, n, line]) => {
    const canvas = h("canvas", {
      class: "vae-strip",
      role: "img",
      width: n * (width + GAP) - GAP,
      height,
      style: { width: `${4.5 * n}rem`, imageRendering: width < 48 ? "pixelated" : "auto" },
    });
    return { name, n, line, canvas };
  });
  let chosen = 0;
  function draw() {
    for (const { n, line, canvas } of rows) {
      const context = canvas.getContext("2d");
      for (let k = 0; k < n; k++) {
        const from = [k * width, line(chosen) * height, width, height];
        context.drawImage(sheet, ...from, k * (width + GAP), 0, width, height);
      }
    }
  }
  sheet.onload = draw;
  sheet.src = src;
  const figures = rows.map(({ name, canvas }) => div("vae-note", name, canvas));
  return {
    el: h("div", {}, figures),
    show(i, text) {
      chosen = i;
      for (const { name, n, canvas } of rows) {
        canvas.setAttribute("aria-label", `${n} pictures: ${name}, ${text}`);
      }
      if (sheet.complete) draw();
    },
  };
}
