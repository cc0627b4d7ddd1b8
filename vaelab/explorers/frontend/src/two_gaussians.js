// Two classes of points in the plane, modelled in two ways.
// Discriminative: logistic regression, p(y | x) alone. Generative: a Gaussian for each class, with one
// covariance for both (linear discriminant analysis), so p(x, y). Both boundaries are straight lines,
// w[0] + w[1] x + w[2] y = 0, and both beliefs are p(y = 1 | x) = sigmoid(w[0] + w[1] x + w[2] y).

/** 1 / (1 + exp(-t)). */
export const sigmoid = (t) => 1 / (1 + Math.exp(-t));

/** w[0] + w[1] x + w[2] y: positive on class 1's side of the line. */
export const score = (w, [x, y]) => w[0] + w[1] * x + w[2] * y;

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Two clouds: unit normal numbers `noise` (n x 2) times `spread` around the means; class 0 comes first. */
export function place(noise, means, spread) {
  const labels = noise.map((_, i) => (i < noise.length / 2 ? 0 : 1));
  const points = noise.map((e, i) => e.map((value, axis) => means[labels[i]][axis] + spread * value));
  return { points, labels };
}

/**
 * Gradient and Hessian of what logistic regression makes small: the sum of -log p(y | x) in nats, plus
 * l2 / 2 |(w1, w2)|^2. Three numbers, and three rows of three.
 */
export function logisticSlopes(w, points, labels, l2) {
  const gradient = [0, l2 * w[1], l2 * w[2]];
  const hessian = [
    [0, 0, 0],
    [0, l2, 0],
    [0, 0, l2],
  ];
  points.forEach((point, i) => {
    const row = [1, ...point];
    const p = sigmoid(score(w, point));
    for (let a = 0; a < 3; a++) {
      gradient[a] += (p - labels[i]) * row[a];
      for (let b = 0; b < 3; b++) hessian[a][b] += p * (1 - p) * row[a] * row[b];
    }
  });
  return { gradient, hessian };
}

/**
 * Logistic regression by Newton's method (iteratively reweighted least squares): weights [w0, w1, w2].
 * The penalty keeps them finite where a line separates the classes; l2 = 1 is scikit-learn's default.
 */
export function fitLogistic(points, labels, l2 = 1) {
  const slopes = (at) => logisticSlopes(at, points, labels, l2);
  let w = [0, 0, 0];
  for (let round = 0; round < 50; round++) {
    const {
      gradient,
      hessian: [a, b, c],
    } = slopes(w);
    const steepness = Math.hypot(...gradient);
    if (steepness < 1e-9) break;
    const det = dot(a, cross(b, c));
    // Cramer's rule; the Hessian is symmetric, so its rows are its columns.
    const step = [cross(b, c), cross(c, a), cross(a, b)].map((column) => dot(gradient, column) / det);
    const moved = (size) => w.map((value, i) => value - size * step[i]);
    let size = 1;
    while (size > 1e-3 && !(Math.hypot(...slopes(moved(size)).gradient) < steepness)) size /= 2;
    w = moved(size);
  }
  return w;
}

/**
 * The two Gaussians of greatest likelihood: means, the lower triangle [a, b, c] of the root of their shared
 * covariance, [a 0; b c] [a 0; b c]^T, and the logs of the classes' shares.
 */
export function fitGaussians(points, labels) {
  const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const own = [0, 1].map((k) => points.filter((_, i) => labels[i] === k));
  const means = own.map((part) => [0, 1].map((axis) => average(part.map((point) => point[axis]))));
  const away = points.map((point, i) => point.map((value, axis) => value - means[labels[i]][axis]));
  const covariance = (i, j) => average(away.map((point) => point[i] * point[j]));
  const a = Math.sqrt(covariance(0, 0));
  const b = covariance(0, 1) / a;
  const c = Math.sqrt(covariance(1, 1) - b * b);
  return { means, root: [a, b, c], logShares: own.map((part) => Math.log(part.length / points.length)) };
}

/** log N(x; mean of class k, covariance), in nats per unit of area. */
export function logDensity({ means, root: [a, b, c] }, k, [x, y]) {
  const u = (x - means[k][0]) / a;
  const v = (y - means[k][1] - b * u) / c;
  return -(u * u + v * v) / 2 - Math.log(2 * Math.PI * a * c);
}

/** log p(x, y = k) of both classes. */
const joint = (fit, point) => [0, 1].map((k) => fit.logShares[k] + logDensity(fit, k, point));

/** log p(x) = log of the sum over classes of p(x, y). */
export function logEvidence(fit, point) {
  const [a, b] = joint(fit, point);
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** The Gaussians' belief by Bayes' rule as line weights: p(y = 1 | x) = sigmoid(score(w, x)). */
export function bayesWeights(fit) {
  const [origin, right, up] = [
    [0, 0],
    [1, 0],
    [0, 1],
  ].map((point) => {
    const [a, b] = joint(fit, point);
    return b - a;
  });
  return [origin, right - origin, up - origin];
}

/** The place of class k's Gaussian that is [u, v] standard deviations from its mean. */
export function unwhiten({ means, root: [a, b, c] }, k, [u, v]) {
  return [means[k][0] + a * u, means[k][1] + b * u + c * v];
}

/** `n` new points from the fitted Gaussians: first a class, then a place. */
export function drawPoints(fit, n, uniform, normal) {
  return Array.from({ length: n }, () => {
    const label = uniform() < Math.exp(fit.logShares[0]) ? 0 : 1;
    return { label, point: unwhiten(fit, label, [normal(), normal()]) };
  });
}

/** Two points of the line score(w, x) = 0, `length` either side of the one nearest the origin; or null. */
export function lineThrough([w0, w1, w2], length) {
  const norm = Math.hypot(w1, w2);
  if (norm < 1e-9) return null;
  const [x, y] = [w1 / norm, w2 / norm];
  return [-length, length].map((t) => [(-w0 / norm) * x - t * y, (-w0 / norm) * y + t * x]);
}
