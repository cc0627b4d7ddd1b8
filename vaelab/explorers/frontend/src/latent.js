// Arithmetic with codes: plain arrays of numbers.

import { normal } from "./random.js";

const draw = normal(Math.random);

export const norm = (z) => Math.hypot(...z);

/** The point a share `t` of the way along the straight line from `a` to `b`. */
export const straight = (a, b, t) => a.map((value, i) => (1 - t) * value + t * b[i]);

/** The same along the great circle, as vaelab.latent.great_circle; where there is no single arc, straight. */
export function greatCircle(a, b, t) {
  const [p, q] = [a, b].map((z) => z.map((value) => value / norm(z)));
  const chord = (sign) => norm(p.map((value, i) => value + sign * q[i]));
  // Twice the arctangent of half the chord: exact for tiny angles, where the arccosine is not.
  const angle = 2 * Math.atan2(chord(-1), chord(1));
  if (!(angle > 1e-6 && angle < Math.PI - 1e-3)) return straight(a, b, t);
  const [left, right] = [1 - t, t].map((share) => Math.sin(share * angle) / Math.sin(angle));
  return a.map((value, i) => left * value + right * b[i]);
}

/**
 * The code at `position`: [a] between two codes, [a, b] among four (a to the right, b down). Among four it
 * is a path between points on two paths: along the upper pair, along the lower pair, then down. For straight
 * lines that is bilinear; for great circles down first would lead to a slightly different place.
 */
export function blend(codes, [a, b], path) {
  const way = path === "straight" ? straight : greatCircle;
  const upper = way(codes[0], codes[1], a);
  return codes.length === 2 ? upper : way(upper, way(codes[2], codes[3], a), b);
}

/** code + the sum of amount * vector. */
export const mix = (code, vectors, amounts) =>
  code.map((value, i) => vectors.reduce((sum, vector, k) => sum + amounts[k] * vector[i], value));

/** The code with number `i` replaced. */
export const withNumber = (z, i, value) => z.map((old, k) => (k === i ? value : old));

/** How many steps `z` lies from `centre` along the direction of `step`. */
export function along(z, centre, step) {
  const [far, square] = step.reduce(([a, b], d, i) => [a + d * (z[i] - centre[i]), b + d * d], [0, 0]);
  return far / square;
}

/** The code moved along `step` until it lies `value` steps from `centre`. */
export function moved(z, centre, step, value) {
  const more = value - along(z, centre, step);
  return z.map((number, i) => number + more * step[i]);
}

/** As many draws from N(0, 1), to three decimals. */
export const normals = (list) => list.map(() => Number(draw().toFixed(3)));

/** Four decimals: what is kept in the state. */
export const round = (z) => z.map((value) => Math.round(1e4 * value) / 1e4);

/** A table of evenly spaced values, read between its entries; `at` counts in steps from the first. */
export function between(table, at) {
  const i = Math.min(Math.max(Math.floor(at), 0), table.length - 2);
  return table[i] + (at - i) * (table[i + 1] - table[i]);
}

const size = (value) => Number(Math.abs(value).toFixed(2));

/** "plus 0.8", "minus 1.25", "0": a signed number to be spoken. */
export const spoken = (value) => (size(value) ? `${value < 0 ? "minus" : "plus"} ${size(value)}` : "0");

/** The same for numbers that are measured in standard deviations. */
export const deviations = (value) => `${spoken(value)} standard deviations`;

/** A dimension's value: "1.5 towards smile" of "no smile … smile", or "dimension 7 minus 1.5". */
export function described(label, value) {
  const ends = label.split(" … ");
  if (ends.length < 2) return `${label} ${spoken(value)}`;
  return `${size(value)} towards ${ends[value < 0 ? 0 : 1]}`;
}

/** The three largest of several dimensions [value, label], described; "the centre of the codes" where all are small. */
export function strongest(dimensions) {
  const away = dimensions.filter(([v]) => Math.abs(v) >= 0.05).sort(([v], [w]) => Math.abs(w) - Math.abs(v));
  const words = away.slice(0, 3).map(([v, label]) => described(label, v));
  return words.join(", ") || "the centre of the codes";
}

/** How far from the data a code is, in words; 1 is as far as real codes' nearest neighbours. */
export function howFar(ratio) {
  if (ratio < 1.2) return "within the cloud of real codes";
  if (ratio < 1.6) return "at the edge of the cloud of real codes";
  return ratio < 3 ? "off the data" : "far off the data";
}

/** A random code is given to `use`: from the model's prior, else each number from the spread of the codes. */
export function randomCode(model, decoder, use) {
  if (model.get("prior")) return decoder.draw(use);
  use(model.get("centre").map((c, i) => c + model.get("spread")[i] * draw()));
}
