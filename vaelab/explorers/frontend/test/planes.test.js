import assert from "node:assert/strict";
import { test } from "node:test";

import { distance, nearest, tally } from "../src/nearest.js";
import { normal, uniform } from "../src/random.js";
import * as g from "../src/two_gaussians.js";

const close = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

function clouds(
  spread = 0.8,
  means = [
    [-1.5, -0.5],
    [1.5, 0.5],
  ],
  n = 60,
) {
  const draw = normal(uniform(3));
  return g.place(
    Array.from({ length: n }, () => [draw(), draw()]),
    means,
    spread,
  );
}

test("the draws are standard normal, the same for a seed, others for another", () => {
  const draw = normal(uniform(7));
  const values = Array.from({ length: 20_000 }, draw);
  const mean = values.reduce((a, b) => a + b) / values.length;
  close(mean, 0, 0.03);
  close(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length, 1, 0.04);
  assert.equal(normal(uniform(7))(), values[0]);
  assert.notEqual(normal(uniform(8))(), values[0]);
});

test("place puts half the points around each mean, spread times the noise away", () => {
  const { points, labels } = g.place(
    [
      [1, 0],
      [0, 1],
    ],
    [
      [10, 20],
      [30, 40],
    ],
    2,
  );
  assert.deepEqual(points, [
    [12, 20],
    [30, 42],
  ]);
  assert.deepEqual(labels, [0, 1]);
});

/** Sum of -log p(y | x) in nats, and the penalty. */
function logisticLoss(w, points, labels, l2) {
  const nats = points.map((p, i) => -Math.log(g.sigmoid((labels[i] ? 1 : -1) * g.score(w, p))));
  return nats.reduce((a, b) => a + b, 0) + (l2 / 2) * (w[1] ** 2 + w[2] ** 2);
}

test("logistic regression stops where the gradient is zero, and the gradient is that of the loss", () => {
  const far = [
    [-6, -6],
    [6, 6],
  ];
  const same = [
    [1, 1],
    [1, 1],
  ];
  for (const [spread, means] of [[2], [0.8], [0.2], [0.2, far], [2, far], [0.2, same], [1, same]]) {
    const { points, labels } = clouds(spread, means);
    const w = g.fitLogistic(points, labels);
    assert.ok(Math.hypot(...g.logisticSlopes(w, points, labels, 1).gradient) < 1e-8);
    const at = [0.3, -0.7, 0.2];
    const { gradient, hessian } = g.logisticSlopes(at, points, labels, 1);
    for (let i = 0; i < 3; i++) {
      const moved = (h) => at.map((value, j) => value + (i === j ? h : 0));
      const loss = (h) => logisticLoss(moved(h), points, labels, 1);
      close((loss(1e-4) - loss(-1e-4)) / 2e-4, gradient[i], 1e-5);
      const slope = (h) => g.logisticSlopes(moved(h), points, labels, 1).gradient;
      for (let j = 0; j < 3; j++) close((slope(1e-4)[j] - slope(-1e-4)[j]) / 2e-4, hessian[j][i], 1e-4);
    }
  }
});

test("logistic regression at one point a class: the closed form", () => {
  // Points at -1 and 1 on the x axis: w0 = 0 and l2 w1 = 2 (1 - sigmoid(w1)).
  const w = g.fitLogistic(
    [
      [-1, 0],
      [1, 0],
    ],
    [0, 1],
    0.5,
  );
  close(w[0], 0);
  close(w[2], 0);
  close(0.5 * w[1], 2 * (1 - g.sigmoid(w[1])));
});

test("the Gaussians have the sample means and the pooled sample covariance", () => {
  const fit = g.fitGaussians(
    [
      [0, 0],
      [2, 0],
      [10, 1],
      [10, 5],
    ],
    [0, 0, 1, 1],
  );
  assert.deepEqual(fit.means, [
    [1, 0],
    [10, 3],
  ]);
  assert.deepEqual(fit.root, [Math.sqrt(0.5), 0, Math.sqrt(2)]);
  assert.deepEqual(fit.logShares, [Math.log(0.5), Math.log(0.5)]);
});

test("log density is the formula's, and integrates to one with Bayes' rule in between", () => {
  const unit = {
    means: [
      [0, 0],
      [0, 0],
    ],
    root: [1, 0, 1],
    logShares: [Math.log(0.3), Math.log(0.7)],
  };
  close(g.logDensity(unit, 0, [3, 4]), -Math.log(2 * Math.PI) - 12.5);
  close(g.logEvidence(unit, [3, 4]), -Math.log(2 * Math.PI) - 12.5);

  const { points, labels } = clouds();
  const fit = g.fitGaussians(points.slice(10), labels.slice(10)); // unequal classes
  const [step, w] = [0.05, g.bayesWeights(fit)];
  let mass = 0;
  for (let x = -7; x < 7; x += step) {
    for (let y = -7; y < 7; y += step) mass += Math.exp(g.logEvidence(fit, [x, y])) * step * step;
  }
  close(mass, 1, 1e-3);
  for (const at of [
    [0, 0],
    [1, -2],
    [-3, 0.5],
  ]) {
    const posterior = Math.exp(fit.logShares[1] + g.logDensity(fit, 1, at) - g.logEvidence(fit, at));
    close(g.sigmoid(g.score(w, at)), posterior);
  }
});

test("on the boundary both classes are equally likely, and it crosses the whole plane", () => {
  const { points, labels } = clouds();
  for (const w of [g.fitLogistic(points, labels), g.bayesWeights(g.fitGaussians(points, labels))]) {
    const [from, to] = g.lineThrough(w, 12);
    for (const end of [from, to]) close(g.sigmoid(g.score(w, end)), 0.5);
    close(Math.hypot(from[0] - to[0], from[1] - to[1]), 24);
  }
  assert.equal(g.lineThrough([1, 0, 0], 6), null); // no line at all
});

test("new points follow the fitted Gaussians; ellipses lie at their distance", () => {
  const { points, labels } = clouds();
  const fit = g.fitGaussians(points, labels);
  const next = uniform(1);
  const drawn = g.drawPoints(fit, 40_000, next, normal(next));
  const again = g.fitGaussians(
    drawn.map((d) => d.point),
    drawn.map((d) => d.label),
  );
  fit.means.flat().forEach((value, i) => close(again.means.flat()[i], value, 0.02));
  fit.root.forEach((value, i) => close(again.root[i], value, 0.02));
  const peak = g.logDensity(fit, 1, fit.means[1]);
  for (const angle of [0, 1, 2, 4]) {
    const place = g.unwhiten(fit, 1, [2 * Math.cos(angle), 2 * Math.sin(angle)]);
    close(peak - g.logDensity(fit, 1, place), 2);
  }
});

test("the nearest points come first, and their names are counted", () => {
  const points = [
    [5, 5],
    [0, 0],
    [1, 1],
    [-3, 0],
  ];
  assert.deepEqual(nearest(points, [0.9, 0.8], 2), [2, 1]);
  assert.deepEqual(nearest(points, [0, 0], 9).length, 4);
  close(distance([0, 0], [3, 4]), 5);
  assert.equal(tally(["bag", "boot", "boot"]), "boot\u00a0×2, bag");
});
