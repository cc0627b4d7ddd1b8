// Two ways to estimate the gradient of E[f(z)], z ~ N(mu, sigma^2), from draws z = mu + sigma * eps.
// Kingma and Welling, "Auto-encoding variational Bayes", 2014; Williams, "Simple statistical
// gradient-following algorithms for connectionist reinforcement learning", 1992.

import { normal, uniform } from "./random.js";

const OMEGA = 4;
const fade = (sigma) => Math.exp(-((OMEGA * sigma) ** 2) / 2);

/** Functions f with their slopes and the exact gradient of E[f(z)] for mu and sigma. */
export const functions = {
  square: {
    name: "z\u00b2",
    value: (z) => z * z,
    slope: (z) => 2 * z,
    exact: (mu, sigma) => ({ mu: 2 * mu, sigma: 2 * sigma }),
  },
  wave: {
    name: "sin 4z",
    value: (z) => Math.sin(OMEGA * z),
    slope: (z) => OMEGA * Math.cos(OMEGA * z),
    exact: (mu, sigma) => ({
      mu: OMEGA * Math.cos(OMEGA * mu) * fade(sigma),
      sigma: -(OMEGA ** 2) * sigma * Math.sin(OMEGA * mu) * fade(sigma),
    }),
  },
};

/** The first n standard normal draws of a seed: more draws begin with the same ones. */
export const draws = (seed, n) => Array.from({ length: n }, normal(uniform(seed)));

/** The reparameterization gradient of each draw: f'(z) dz/dmu and f'(z) dz/dsigma. */
export function pathwise({ slope }, mu, sigma, eps) {
  const slopes = eps.map((e) => slope(mu + sigma * e));
  return { mu: slopes, sigma: slopes.map((s, i) => s * eps[i]) };
}

/** The score-function (REINFORCE) gradient of each draw: f(z) times the slopes of ln q(z). */
export function score({ value }, mu, sigma, eps) {
  const heights = eps.map((e) => value(mu + sigma * e));
  return {
    mu: heights.map((f, i) => (f * eps[i]) / sigma),
    sigma: heights.map((f, i) => (f * (eps[i] ** 2 - 1)) / sigma),
  };
}

/** Mean, standard deviation of one value, and standard error of the mean. */
export function summary(values) {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1));
  return { mean, deviation, error: deviation / Math.sqrt(n) };
}
