// The losses along the way: curves for the eye, numbers for the history.

import { h, note, number } from "../dom.js";
import { chart } from "./chart.js";
import { labelled } from "./pictures.js";

const KEPT = 500; // entries of the history: then every other one goes
const LINES = [{ name: "--vae-second", thin: true }, { name: "--vae-accent" }];
const CURVES = [
  ["Reconstruction", ({ error }) => error],
  ["KL", ({ kl }) => kl, 0],
  ["Their sum", ({ error, kl }) => error + kl],
];

/** Nats as people read them: with a decimal as long as there is room for one. */
export const nats = (value) => number(value, Math.abs(value) < 1000 ? 1 : 0);

function curve([name, read, floor]) {
  const drawn = chart({ label: name, lines: LINES, floor });
  const value = h("span", { class: "lab-value-of" });
  return {
    ...drawn,
    el: labelled(name, drawn, value),
    add(step, train, unseen) {
      drawn.add(step, [train ? read(train) : Number.NaN, read(unseen)]);
      value.textContent = nats(read(unseen));
      drawn.label = `${name} of unseen pictures: ${nats(read(unseen))} nats a picture.`;
    },
  };
}

/** { all: the curves, legend, history, add(shot), clear(), redraw(), remove() }. */
export function curves() {
  const all = CURVES.map(curve);
  const key = (kind, words) => h("span", { class: `lab-key lab-key-${kind}` }, words);
  let history = [];
  return {
    all,
    legend: note("Nats a picture: ", key("unseen", "500 unseen"), key("train", "training")),
    get history() {
      return history;
    },
    add({ step, train, unseen, named }) {
      if (!train && step) return; // nothing has happened since the last shot
      for (const one of all) one.add(step, train, unseen);
      if (!train) return;
      history.push({ step, reconstruction: unseen.error, kl: unseen.kl, named });
      if (history.length > KEPT) history = history.filter((_, i) => i % 2 === 0 || i === history.length - 1);
    },
    clear() {
      history = [];
      for (const one of all) one.clear();
    },
    redraw: () => all.forEach((one) => one.redraw()),
    remove: () => all.forEach((one) => one.remove()),
  };
}
