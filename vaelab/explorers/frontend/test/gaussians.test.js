import assert from "node:assert/strict";
import { test } from "node:test";

import { draws, functions, pathwise, score, summary } from "../src/estimators.js";
import { areas, integrand, klDivergence, places } from "../src/gaussians.js";
import { roundUp, ticks } from "../src/plot.js";

const close = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);
const PAIRS = [
  [
    [1, 0.6],
    [0, 1],
  ],
  [
    [0, 0.1],
    [0, 1],
  ],
  [
    [3, 2],
    [-3, 0.1],
  ],
  [
    [-1, 0.1],
    [2, 2],
  ],
];

test("the closed form: known values, zero for equals, not symmetric, no ceiling", () => {
  assert.equal(klDivergence([0.5, 0.3], [0.5, 0.3]), 0);
  close(klDivergence([3, 1], [0, 1]), 4.5); // half the distance squared
  close(klDivergence([0, 1 / 2], [0, 1]), Math.log(2) - 3 / 8);
  assert.ok(klDivergence([0, 1.5], [0, 0.3]) > 9 * klDivergence([0, 0.3], [0, 1.5]));
  assert.ok(klDivergence([3, 1], [0, 0.1]) > 400);
});

test("the areas under the integrand agree with the closed form, in both directions", () => {
  for (const [a, b] of [...PAIRS, ...PAIRS.map(([a, b]) => [b, a])]) {
    const { above, below } = areas(a, b);
    const exact = klDivergence(a, b);
    close(above - below, exact, 1e-9 * Math.max(1, exact));
    assert.ok(above >= 0 && below >= 0);
  }
});

test("the drawn integrand has both signs where the curves cross, and shows a narrow peak", () => {
  const [q, p] = PAIRS[0];
  assert.ok(integrand(1, q, p) > 0 && integrand(-0.5, q, p) < 0);
  const drawn = places(-6, 6, [
    [0, 0.1],
    [2, 1],
  ]);
  assert.deepEqual(
    drawn,
    [...drawn].sort((a, b) => a - b),
  );
  assert.ok(drawn.every((x) => Math.abs(x) <= 6));
  const near = drawn.filter((x) => Math.abs(x) < 0.1);
  assert.ok(near.length > 20, `${near.length} places in the peak`);
});

test("more draws of a seed begin with the same ones; another seed gives others", () => {
  assert.deepEqual(draws(3, 1000).slice(0, 10), draws(3, 10));
  assert.notDeepEqual(draws(4, 10), draws(3, 10));
});

const nudge = 1e-5;
test("the slopes and the exact gradients are derivatives", () => {
  const nodes = Array.from({ length: 4001 }, (_, i) => -8 + i / 250);
  const weight = (e) => Math.exp((-e * e) / 2) / Math.sqrt(2 * Math.PI) / 250;
  for (const f of Object.values(functions)) {
    const mean = (mu, sigma) => nodes.reduce((sum, e) => sum + weight(e) * f.value(mu + sigma * e), 0);
    for (const [mu, sigma] of [
      [0.3, 0.2],
      [-1.2, 0.5],
      [1, 0.1],
    ]) {
      close(f.slope(mu), (f.value(mu + nudge) - f.value(mu - nudge)) / (2 * nudge), 1e-6);
      const exact = f.exact(mu, sigma);
      close(exact.mu, (mean(mu + nudge, sigma) - mean(mu - nudge, sigma)) / (2 * nudge), 1e-6);
      close(exact.sigma, (mean(mu, sigma + nudge) - mean(mu, sigma - nudge)) / (2 * nudge), 1e-6);
    }
  }
});

test("both estimators are unbiased: within four standard errors of the exact gradient", () => {
  const eps = draws(1, 200_000);
  for (const f of Object.values(functions)) {
    const [mu, sigma] = [1, 0.5];
    for (const estimator of [pathwise, score]) {
      const each = estimator(f, mu, sigma, eps);
      for (const name of ["mu", "sigma"]) {
        const { mean, error } = summary(each[name]);
        close(mean, f.exact(mu, sigma)[name], 4 * error);
      }
    }
  }
});

test("for z squared the score function spreads more, the more so as sigma shrinks; for the wave less", () => {
  const eps = draws(0, 1000);
  const spread = (f, estimator, sigma) => summary(estimator(functions[f], 1, sigma, eps).mu).deviation;
  close(spread("square", pathwise, 0.5), 1, 0.1); // 2 sigma
  close(spread("square", score, 0.5), 4.66, 0.5); // sqrt(21.75), by the moments of eps
  assert.ok(spread("square", score, 0.1) > 2 * spread("square", score, 0.5));
  assert.ok(spread("wave", score, 0.5) < spread("wave", pathwise, 0.5));
});

test("with eps held, a small move of mu moves every estimate a little", () => {
  const eps = draws(0, 100);
  const [before, after] = [1, 1.001].map((mu) => summary(pathwise(functions.square, mu, 0.5, eps).mu).mean);
  close(after - before, 0.002, 1e-9);
});

test("a summary is mean, standard deviation of one, standard error of the mean", () => {
  const { mean, deviation, error } = summary([1, 2, 3, 6]);
  close(mean, 3);
  close(deviation, Math.sqrt(14 / 3));
  close(error, Math.sqrt(14 / 12));
});

test("ticks are round, within the range, and not more than asked for and two", () => {
  assert.deepEqual(ticks(-6, 6, 6), [-6, -4, -2, 0, 2, 4, 6]);
  assert.deepEqual(ticks(0, 0.5, 5), [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  for (const [low, high] of [
    [-3, 500],
    [-0.02, 0.7],
    [-1e-3, 1e-3],
  ]) {
    const found = ticks(low, high, 5);
    assert.ok(found.length >= 2 && found.length <= 7, `${found}`);
    assert.ok(found.every((value) => value >= low - 1e-12 && value <= high + 1e-12));
  }
});

test("roundUp gives the next of 1, 2, 5 times a power of ten", () => {
  assert.deepEqual([0.03, 0.11, 1, 1.1, 2, 4.4, 9, 120].map(roundUp), [0.05, 0.2, 1, 2, 2, 5, 10, 200]);
});
