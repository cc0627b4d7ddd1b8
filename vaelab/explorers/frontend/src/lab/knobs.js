// The knobs that teach, and the slips: controls bound to the lab's traits.

import { choice, slider, toggle } from "../controls.js";
import { div, h } from "../dom.js";
import { put } from "../traits.js";
import { inputsOf } from "./settings.js";

const BETAS = [0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 20];
const RATES = [2e-4, 1e-3, 2e-3, 5e-3, 1e-2, 4e-2];
const SIGMAS = [0.05, 0.1, 0.2, 0.5, 1];

/** A slider over listed values of a trait. */
function steps(model, name, label, values, format = String) {
  const nearest = (value) => {
    const away = values.map((one) => Math.abs(one - value));
    return away.indexOf(Math.min(...away));
  };
  const control = slider({
    label,
    min: 0,
    max: values.length - 1,
    step: 1,
    value: nearest(model.get(name)),
    format: () => format(model.get(name)), // a trait may lie between the listed values
    onInput: (i) => put(model, name, values[i]),
  });
  return { el: control.el, show: () => (control.value = nearest(model.get(name))) };
}

/** What `make` makes of a trait's value and of what hears the reader. */
function bound(model, name, make) {
  const control = make({ value: model.get(name), onChange: (value) => put(model, name, value) });
  return { el: control.el, show: () => (control.value = model.get(name)) };
}

const switched = (model, name, label) => bound(model, name, (about) => toggle({ label, ...about }));

const one = (model, name, label, options) =>
  bound(model, name, (about) => choice({ label, options, ...about }));

const KNOBS = {
  beta: (model) => steps(model, "beta", "Beta, the price of a nat of KL", BETAS, (v) => `β = ${v}`),
  noise: (model) => switched(model, "noise", "noise: draw z from the posterior"),
  price: (model) => switched(model, "price", "price: the KL is in the loss"),
  learning_rate: (model) => steps(model, "learning_rate", "Learning rate", RATES),
  warm_up: (model) => steps(model, "warm_up", "Warm-up: beta grows over so many steps", [0, 100, 400, 1000]),
  latent_dim: (model) =>
    one(
      model,
      "latent_dim",
      "Numbers in a code (starts anew)",
      [1, 2, 8, 32].map((n) => [n, String(n)]),
    ),
  likelihood: (model) =>
    one(model, "likelihood", "Pixels are (starts anew)", [
      ["bernoulli", "coins: cross-entropy"],
      ["gaussian", "Gaussian: squared error"],
    ]),
  sigma: (model) => steps(model, "sigma", "Sigma of a Gaussian pixel", SIGMAS, (v) => `σ = ${v}`),
  leak: (model) =>
    one(model, "leak", "Hidden units", [
      [0, "ReLU"],
      [0.1, "leaky ReLU, 0.1"],
    ]),
};

/** Controls for the named traits: { el, show() }. */
export function knobs(model, names) {
  const made = names.map((name) => KNOBS[name](model));
  return {
    el: div("vae-controls lab-knobs", made),
    show: () => made.forEach((k) => k.show()),
  };
}

/** Each slip: its name in the trait `slips`, a label, what to watch in a model, and where the book tells why. */
export const SLIPS = [
  [
    "sigma",
    "sigma = exp(log_var)",
    () => "The half is missing. Watch the training curve beside the unseen one, which has the right formula.",
    "05-reparameterization.html#from-a-log-variance-to-a-standard-deviation",
  ],
  [
    "sum over batch",
    "KL summed over the batch",
    (model) =>
      "The reconstruction is a mean over pictures, the KL a sum: " +
      `beta is ${model.get("batch_size")} times what it says. Watch the KL.`,
    "07-balancing-the-loss.html#a-slip-of-one-axis",
  ],
  [
    "mean over pixels",
    "reconstruction averaged over pixels",
    (model) =>
      `The error is ${inputsOf(model)} times too small beside the KL, as if beta were so much larger. ` +
      "Watch what comes back.",
    "07-balancing-the-loss.html#both-terms-must-agree",
  ],
  [
    "cut gradient",
    "gradient cut at z",
    () => "z is detached: the decoder's wishes never reach the encoder, only the KL does. Watch the codes.",
    "05-reparameterization.html#a-gradient-cannot-pass-a-draw",
  ],
];

/** The address of a chapter's place from any page of the book. */
const inTheBook = (place) => `${document.documentElement.dataset.content_root ?? "../"}book/${place}`;

/** The named slips, each a switch with a sentence on what to watch: { el, show() }. */
export function slips(model, names, inBook) {
  const set = (name, on) => {
    const others = model.get("slips").filter((other) => other !== name);
    put(model, "slips", on ? [...others, name] : others);
  };
  const made = SLIPS.filter(([name]) => names.includes(name)).map(([name, label, watch, place]) => {
    const control = toggle({ label, value: false, onChange: (on) => set(name, on) });
    const link = inBook ? [" ", h("a", { href: inTheBook(place) }, "Why, in the book")] : [];
    const words = h("span");
    const el = div("lab-slip", control, h("p", { class: "vae-hint" }, words, ...link));
    return {
      el,
      show() {
        control.value = model.get("slips").includes(name);
        words.textContent = watch(model);
      },
    };
  });
  return {
    el: h("div", {}, made),
    show: () => made.forEach((one) => one.show()),
  };
}
