// The losses along the way: curves for the eye, numbers for the history.

import { div, h, note, number } from "../dom.js";
import { chart } from "./chart.js";
import { labelled } from "./pictures.js";

const KEPT = 500; // entries of the history: then every other one goes
const LINES = [{ name: "--vae-second", thin: true }, { name: "--vae-accent" }];

/** { el, history, add(shot), clear(), redraw() }. */
export function curves() {
  const losses = chart({ label: "Loss", lines: LINES });
  const kls = chart({ label: "KL", lines: LINES, floor: 0 });
  const key = (kind) => h("span", { class: `lab-key lab-key-${kind}` });
  const unseen = [key("unseen"), "500 unseen pictures, by the right formula"];
  const legend = note(...unseen, key("train"), "the batches it learns from");
  const both = div(
    "lab-charts",
    labelled("Loss, nats a picture", losses.el),
    labelled("KL, nats a picture", kls.el),
  );
  let history = [];
  return {
    el: h("div", {}, both, legend),
    get history() {
      return history;
    },
    add({ step, train, unseen: { error, kl }, named }) {
      if (!train) return;
      losses.add(step, [train.error + train.kl, error + kl]);
      kls.add(step, [train.kl, kl]);
      losses.label = `Loss on unseen pictures: ${number(error + kl, 1)} nats.`;
      kls.label = `KL on unseen pictures: ${number(kl, 1)} nats.`;
      history.push({ step, reconstruction: error, kl, named });
      if (history.length > KEPT) history = history.filter((_, i) => i % 2 === 0 || i === history.length - 1);
    },
    clear() {
      history = [];
      losses.clear();
      kls.clear();
    },
    redraw() {
      losses.redraw();
      kls.redraw();
    },
  };
}
