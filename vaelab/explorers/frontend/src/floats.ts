// What the decoder's kernels (convolve.ts) and the lab's (lab/kernels.ts) share: four floats at a time.

/** Where float `i` lies, in bytes. */
// @ts-ignore: decorator
@inline
export function at(i: i32): usize {
  return <usize>i << 2;
}

// @ts-ignore: decorator
@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** x where it is positive, slope * x elsewhere: ReLU (0), LeakyReLU, or nothing at all (1). */
// @ts-ignore: decorator
@inline
export function leaky(x: v128, slope: v128): v128 {
  const zero = splat(0);
  return f32x4.add(f32x4.pmax(x, zero), f32x4.mul(slope, f32x4.pmin(x, zero))); // max and min are slower
}

/** sum + x w, rounded once where the browser has an instruction for that. */
// @ts-ignore: decorator
@inline
export function addProduct(sum: v128, x: v128, w: v128): v128 {
  return f32x4.add(f32x4.mul(x, w), sum); // modules.js knows this order
}

/** e^x for |x| up to 87, beyond which it stays: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes). */
// @ts-ignore: decorator
@inline
export function exp(x0: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(x0, splat(87)), splat(-87));
  const n = f32x4.nearest(f32x4.mul(x, splat(1.44269504)));
  const r = addProduct(addProduct(x, n, splat(-0.693359375)), n, splat(2.12194440e-4));
  let p = addProduct(splat(1.3981999507e-3), r, splat(1.9875691500e-4));
  p = addProduct(splat(8.3334519073e-3), r, p);
  p = addProduct(splat(4.1665795894e-2), r, p);
  p = addProduct(splat(1.6666665459e-1), r, p);
  p = addProduct(splat(0.5), r, p);
  p = f32x4.add(addProduct(r, f32x4.mul(r, r), p), splat(1));
  return i32x4.add(p, i32x4.shl(i32x4.trunc_sat_f32x4_s(n), 23)); // n into the exponent
}

/**
 * Four rows of one matrix times eight columns of another. The rows begin at x and lie `next` bytes apart, their
 * terms `step` bytes; w .. end has a term's eight floats after those of the term before. Results go to four rows
 * of eight floats, `row` bytes apart.
 */
// @ts-ignore: decorator
@inline
export function tile(x: usize, next: usize, step: usize, w: usize, end: usize, to: usize, row: usize): void {
  let a = splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (; w < end; w += 32, x += step) {
    const u = v128.load(w), v = v128.load(w, 16);
    const x0 = v128.load_splat<f32>(x), x1 = v128.load_splat<f32>(x + next);
    a = addProduct(a, x0, u);
    e = addProduct(e, x0, v);
    b = addProduct(b, x1, u);
    f = addProduct(f, x1, v);
    const x2 = v128.load_splat<f32>(x + 2 * next), x3 = v128.load_splat<f32>(x + 3 * next);
    c = addProduct(c, x2, u);
    g = addProduct(g, x2, v);
    d = addProduct(d, x3, u);
    h = addProduct(h, x3, v);
  }
  v128.store(to, a);
  v128.store(to, e, 16);
  v128.store(to + row, b);
  v128.store(to + row, f, 16);
  v128.store(to + 2 * row, c);
  v128.store(to + 2 * row, g, 16);
  v128.store(to + 3 * row, d);
  v128.store(to + 3 * row, h, 16);
}
