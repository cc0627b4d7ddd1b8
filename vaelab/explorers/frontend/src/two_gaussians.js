// Two classes of points in the plane, modelled in two ways.
// Discriminative: logistic regression, p(y | x) alone. Generative: a Gaussian for each class, with one
// covariance for both (linear discriminant analysis), so p(x, y). Both boundaries are straight lines,
// w[0] + w[1] x + w[2] y = 0, and both beliefs are p(y = 1 | x) = sigmoid(w[0] + w[1] x + w[2] y).

/** 1 / (1 + exp(-t)). */
export const sigmoid = (t) => 1 / (1 + Math.exp(-t));

/** w[0] + w[1] x + w[2] y: positive on class 1's side of the line. */
export const score = (w, [x, y]) => w[0] + w[1] * x + w[2] * y;

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
];

/** Two clouds: unit normal numbers `noise` (n x 2) times `spread` around the means; class 0 comes first. */
export function place(noise, means, spread) {
  const labels = noise.map((_, i) => (i < noise.length / 2 ? 0 : 1));
  const points = noise.map((e, i) => e.map((value, axis) => means[labels[i]][axis] + spread * value));
  return { points, labels };
}

/** The loss that logistic regression makes small, in nats: sum of -log p(y | x) + l2 / 2 |(w1, w2)|^2. */
export function logisticLoss(w, points, labels, l2) {
  // log(1 + exp(t)) without overflow, t the score towards the wrong class.
  const nats = points.map((p, i) => {
    const t = labels[i] ? -score(w, p) : score(w, p);
    return Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
  });
  return nats.reduce((a, b) => a + b, 0) + (l2 / 2) * (w[1] ** 2 + w[2] ** 2);
}

/** Its gradient at w, and its Hessian: three numbers, and three rows of three. */
export function logisticSlopes(w, points, labels, l2) {
  const gradient = [0, l2 * w[1], l2 * w[2]];
  const hessian = [[1e-9, 0, 0], [0, l2, 0], [0, 0, l2]];
  points.forEach(([x, y], i) => {
    const row = [1, x, y];
    const p = sigmoid(score(w, row.slice(1)));
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
  let w = [0, 0, 0];
  for (let round = 0; round < 50; round++) {
    const { gradient, hessian: [a, b, c] } = logisticSlopes(w, points, labels, l2);
    if (Math.hypot(...gradient) < 1e-9) break;
    const det = dot(a, cross(b, c));
    // Cramer's rule; the Hessian is symmetric, so its rows are its columns.
    const step = [cross(b, c), cross(c, a), cross(a, b)].map((column) => dot(gradient, column) / det);
    const loss = logisticLoss(w, points, labels, l2);
    let size = 1;
    const moved = () => w.map((value, i) => value - size * step[i]);
    while (size > 1e-6 && logisticLoss(moved(), points, labels, l2) > loss) size /= 2;
    w = moved();
  }
  return w;
}

/** The two Gaussians of greatest likelihood: means, shared covariance [xx, xy, yy], log class shares. */
export function fitGaussians(points, labels) {
  const count = [0, 0];
  const means = [[0, 0], [0, 0]];
  points.forEach((p, i) => {
    count[labels[i]]++;
    means[labels[i]][0] += p[0];
    means[labels[i]][1] += p[1];
  });
  means.forEach((mean, k) => mean.forEach((sum, axis) => (mean[axis] = sum / count[k])));
  const covariance = [0, 0, 0];
  points.forEach((p, i) => {
    const [dx, dy] = [p[0] - means[labels[i]][0], p[1] - means[labels[i]][1]];
    covariance[0] += dx * dx / points.length;
    covariance[1] += dx * dy / points.length;
    covariance[2] += dy * dy / points.length;
  });
  return { means, covariance, logShares: count.map((c) => Math.log(c / points.length)) };
}

const determinant = ([xx, xy, yy]) => xx * yy - xy * xy;

/** log N(x; mean of class k, covariance), in nats per unit of area. */
export function logDensity({ means, covariance }, k, [x, y]) {
  const [xx, xy, yy] = covariance;
  const [dx, dy] = [x - means[k][0], y - means[k][1]];
  const squared = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant(covariance);
  return -squared / 2 - Math.log(2 * Math.PI) - Math.log(determinant(covariance)) / 2;
}

/** log p(x) = log of the sum over classes of p(y) p(x | y). */
export function logEvidence(fit, point) {
  const [a, b] = [0, 1].map((k) => fit.logShares[k] + logDensity(fit, k, point));
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** The Gaussians' belief by Bayes' rule as line weights: p(y = 1 | x) = sigmoid(score(w, x)). */
export function bayesWeights({ means: [m, n], covariance: [xx, xy, yy], logShares }) {
  const det = xx * yy - xy * xy;
  const [dx, dy] = [n[0] - m[0], n[1] - m[1]];
  const w1 = (yy * dx - xy * dy) / det;
  const w2 = (xx * dy - xy * dx) / det;
  const middle = (w1 * (n[0] + m[0]) + w2 * (n[1] + m[1])) / 2;
  return [logShares[1] - logShares[0] - middle, w1, w2];
}

/** The lower triangle of the matrix square root, L L^T = covariance: [xx, yx, yy]. */
export function cholesky([xx, xy, yy]) {
  const a = Math.sqrt(xx);
  return [a, xy / a, Math.sqrt(yy - (xy / a) ** 2)];
}

/** A point `radius` standard deviations from class k's mean, in direction `angle`. */
export function onEllipse({ means, covariance }, k, radius, angle) {
  const [a, b, c] = cholesky(covariance);
  const [u, v] = [radius * Math.cos(angle), radius * Math.sin(angle)];
  return [means[k][0] + a * u, means[k][1] + b * u + c * v];
}

/** `n` new points from the fitted Gaussians: first a class, then a place. */
export function drawPoints(fit, n, uniform, normal) {
  const [a, b, c] = cholesky(fit.covariance);
  return Array.from({ length: n }, () => {
    const label = uniform() < Math.exp(fit.logShares[0]) ? 0 : 1;
    const [u, v] = [normal(), normal()];
    return { label, point: [fit.means[label][0] + a * u, fit.means[label][1] + b * u + c * v] };
  });
}

/** Where the line score(w, x) = 0 crosses the square |x|, |y| <= size: two points, or null. */
export function lineInSquare(w, size) {
  const [w0, w1, w2] = w;
  const length = Math.hypot(w1, w2);
  if (!(length > 1e-9)) return null;
  const [nx, ny] = [w1 / length, w2 / length];
  const [px, py] = [-w0 / length * nx, -w0 / length * ny]; // the line's point nearest the origin
  let [low, high] = [-Infinity, Infinity];
  for (const [p, d] of [[px, -ny], [py, nx]]) {
    if (Math.abs(d) < 1e-12) {
      if (Math.abs(p) > size) return null;
      continue;
    }
    const ends = [(-size - p) / d, (size - p) / d].sort((a, b) => a - b);
    low = Math.max(low, ends[0]);
    high = Math.min(high, ends[1]);
  }
  return low < high ? [low, high].map((t) => [px - t * ny, py + t * nx]) : null;
}
