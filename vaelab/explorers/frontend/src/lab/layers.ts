// What lies between the matrix products, four floats at a time. All places and lengths count floats.
import { addProduct, at, exp, leaky, splat } from "../floats";

/** x += bias in every row, then ReLU (slope 0), leaky ReLU, or nothing at all (1). */
export function addBias(x: i32, bias: i32, rows: i32, columns: i32, slope: f32): void {
  const s = splat(slope);
  for (let r = 0, p = at(x); r < rows; r++) {
    for (let b = at(bias), end = b + at(columns); b < end; b += 16, p += 16) {
      v128.store(p, leaky(f32x4.add(v128.load(p), v128.load(b)), s));
    }
  }
}

/** gradient *= slope where the unit was not active. */
export function cutGradient(gradient: i32, active: i32, count: i32, slope: f32): void {
  const s = splat(slope), one = splat(1);
  for (let g = at(gradient), a = at(active), end = g + at(count); g < end; g += 16, a += 16) {
    v128.store(g, f32x4.mul(v128.load(g), v128.bitselect(one, s, f32x4.gt(v128.load(a), splat(0)))));
  }
}

/** sums = the sum of each column. */
export function sumColumns(x: i32, sums: i32, rows: i32, columns: i32): void {
  for (let c = 0; c < columns; c += 4) {
    let sum = splat(0);
    for (let r = 0, p = at(x + c); r < rows; r++, p += at(columns)) sum = f32x4.add(sum, v128.load(p));
    v128.store(at(sums + c), sum);
  }
}

const BLOCK = 512; // so many terms are added in 32 bits, their sums in 64

// @ts-ignore: decorator
@inline
function total(sum: v128): f64 {
  return <f64>f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) +
    f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
}

/** log(1 + e) = 2 artanh(e / (2 + e)) for 0 <= e <= 1. */
// @ts-ignore: decorator
@inline
function log1p(e: v128): v128 {
  const u = f32x4.div(e, f32x4.add(splat(2), e)), v = f32x4.mul(u, u);
  let p = addProduct(splat(1 / 11), v, splat(1 / 13));
  p = addProduct(splat(1 / 9), v, p);
  p = addProduct(splat(1 / 7), v, p);
  p = addProduct(splat(1 / 5), v, p);
  p = addProduct(splat(1 / 3), v, p);
  return f32x4.mul(f32x4.add(u, u), addProduct(splat(1), v, p));
}

/**
 * -log Bernoulli(target | logit) summed over everything: softplus(l) - t l. `gradient` gets its derivative by
 * each logit, sigmoid(l) - t, times `scale`; `mean` the sigmoid.
 */
export function bernoulli(logits: i32, targets: i32, gradient: i32, mean: i32, count: i32, scale: f32): f64 {
  let all: f64 = 0;
  const one = splat(1), zero = splat(0), s = splat(scale);
  for (let i = 0; i < count;) {
    let sum = zero;
    for (const end = min(i + BLOCK, count); i < end; i += 4) {
      const l = v128.load(at(logits + i)), t = v128.load(at(targets + i));
      const e = exp(f32x4.neg(f32x4.abs(l)));
      sum = f32x4.add(sum, f32x4.sub(f32x4.add(log1p(e), f32x4.pmax(l, zero)), f32x4.mul(t, l)));
      const q = f32x4.div(one, f32x4.add(one, e)); // sigmoid(|l|)
      const y = v128.bitselect(q, f32x4.sub(one, q), f32x4.ge(l, zero));
      v128.store(at(mean + i), y);
      v128.store(at(gradient + i), f32x4.mul(s, f32x4.sub(y, t)));
    }
    all += total(sum);
  }
  return all;
}

/**
 * (output - target)^2 summed over everything. `gradient` gets output - target, times `scale`; `mean` the output,
 * kept in [0, 1] as a picture must be.
 */
export function squares(output: i32, targets: i32, gradient: i32, mean: i32, count: i32, scale: f32): f64 {
  let all: f64 = 0;
  const one = splat(1), zero = splat(0), s = splat(scale);
  for (let i = 0; i < count;) {
    let sum = zero;
    for (const end = min(i + BLOCK, count); i < end; i += 4) {
      const y = v128.load(at(output + i)), d = f32x4.sub(y, v128.load(at(targets + i)));
      sum = addProduct(sum, d, d);
      v128.store(at(mean + i), f32x4.pmin(f32x4.pmax(y, zero), one));
      v128.store(at(gradient + i), f32x4.mul(s, d));
    }
    all += total(sum);
  }
  return all;
}
