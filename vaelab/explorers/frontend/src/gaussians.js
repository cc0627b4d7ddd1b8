// Two Gaussians and what their Kullback-Leibler divergence adds up. A Gaussian is [mu, sigma]; all in nats.

const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;

/** ln N(x; mu, sigma^2). */
export const logDensity = (x, [mu, sigma]) => -(((x - mu) / sigma) ** 2) / 2 - Math.log(sigma) - HALF_LOG_2PI;

/** N(x; mu, sigma^2). */
export const density = (x, gaussian) => Math.exp(logDensity(x, gaussian));

/** KL(a || b) of two Gaussians by its closed form. */
export function klDivergence([m, s], [n, t]) {
  return Math.log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t) - 0.5;
}

/** a(x) ln(a(x) / b(x)): what the integral KL(a || b) adds up. */
export const integrand = (x, a, b) => density(x, a) * (logDensity(x, a) - logDensity(x, b));

const even = (low, high, n) => Array.from({ length: n + 1 }, (_, i) => low + ((high - low) * i) / n);
const around = ([mu, sigma], reach, n) => even(mu - reach * sigma, mu + reach * sigma, n);

/** Places from low to high for drawing, denser around the Gaussians: the narrowest peak is smooth. */
export function places(low, high, gaussians) {
  const near = gaussians.flatMap((gaussian) => around(gaussian, 6, 160));
  return [...even(low, high, 160), ...near].filter((x) => x >= low && x <= high).sort((a, b) => a - b);
}

/**
 * The areas of the integrand of KL(a || b) above and below zero, { above, below }, by the trapezoid rule.
 * Evenly spaced places all over a make the difference exact to many digits.
 */
export function areas(a, b) {
  const step = a[1] / 20;
  const heights = around(a, 10, 400).map((x) => step * integrand(x, a, b));
  const add = (sum, value) => sum + value;
  const above = heights.filter((y) => y > 0).reduce(add, 0);
  return { above, below: above - heights.reduce(add, 0) };
}
