// asc src/convolve.ts -O3 --converge --noAssert --runtime stub --enable simd --importMemory (see compile.mjs)
//
// The loops in which a decoder spends its time, four floats at a time. All places and lengths count floats.
// Channels come last and in multiples of 4, so that a row's pixels follow each other in memory.

import { addProduct, at, exp, leaky, splat, tile } from "./floats";

/**
 * output = leaky(weights input + bias). `weights` has a row of `inputs` floats for each output.
 */
export function linear(
  input: i32, weights: i32, bias: i32, output: i32, inputs: i32, outputs: i32, slope: f32,
): void {
  const s = splat(slope), row = at(inputs), end = at(input + inputs);
  for (let o = 0; o < outputs; o += 4) {
    let a = splat(0), b = a, c = a, d = a;
    let w = at(weights + o * inputs);
    for (let x = at(input); x < end; x += 16, w += 16) {
      const v = v128.load(x);
      a = addProduct(a, v, v128.load(w));
      b = addProduct(b, v, v128.load(w + row));
      c = addProduct(c, v, v128.load(w + 2 * row));
      d = addProduct(d, v, v128.load(w + 3 * row));
    }
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
    const sum = f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
    v128.store(at(output + o), leaky(f32x4.add(sum, v128.load(at(bias + o))), s));
  }
}

/**
 * One output pixel for each of height x width places of a kernel on the input, four pixels at a time.
 *
 * A kernel is `taps` rows of `run` floats (the pixels it covers in a row, all their channels). `pixelIn`,
 * `rowIn`, `pixelOut`, `rowOut` are the steps from place to place. `weights` are in blocks of 8 output
 * channels, the last block perhaps of 4: (block, tap, run, channel of the block). Loads may run up to three
 * pixels past the input's end, and what comes of them is not stored.
 */
export function convolve(
  input: i32, weights: i32, bias: i32, output: i32, height: i32, width: i32, taps: i32, run: i32,
  pixelIn: i32, rowIn: i32, channels: i32, pixelOut: i32, rowOut: i32, slope: f32,
): void {
  const s = splat(slope), next = at(pixelIn), step = at(pixelOut), length = at(run);
  for (let q = 0; q < channels; q += 8) {
    const wide = q + 4 < channels;
    const left = v128.load(at(bias + q)), right = wide ? v128.load(at(bias + q + 4)) : left;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j += 4) {
        let a = left, b = left, c = left, d = left, e = right, f = right, g = right, h = right;
        let w = at(weights + q * taps * run);
        for (let t = 0; t < taps; t++) {
          let x = at(input + (i + t) * rowIn + j * pixelIn);
          const end = x + length;
          if (wide) {
            for (; x < end; x += 4, w += 32) {
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
          } else {
            for (; x < end; x += 4, w += 16) {
              const u = v128.load(w);
              a = addProduct(a, v128.load_splat<f32>(x), u);
              b = addProduct(b, v128.load_splat<f32>(x + next), u);
              c = addProduct(c, v128.load_splat<f32>(x + 2 * next), u);
              d = addProduct(d, v128.load_splat<f32>(x + 3 * next), u);
            }
          }
        }
        const o = at(output + i * rowOut + j * pixelOut + q), n = width - j;
        v128.store(o, leaky(a, s));
        if (n > 1) v128.store(o + step, leaky(b, s));
        if (n > 2) v128.store(o + 2 * step, leaky(c, s));
        if (n > 3) v128.store(o + 3 * step, leaky(d, s));
        if (wide) {
          v128.store(o, leaky(e, s), 16);
          if (n > 1) v128.store(o + step, leaky(f, s), 16);
          if (n > 2) v128.store(o + 2 * step, leaky(g, s), 16);
          if (n > 3) v128.store(o + 3 * step, leaky(h, s), 16);
        }
      }
    }
  }
}

// ---- convolutions with fewer multiplications ----
//
// Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016: a 2x2 square of outputs needs
// an n x n square of inputs. Sums of these (`spread`) meet one number of the changed kernel each (`multiply`),
// and sums of the products (`gather`) are the outputs. A 3x3 kernel needs n = 4: 16 products for 36. Doubling by
// nearest neighbour and then a 3x3 kernel needs n = 3: 9 products for 16. Squares lie n - 2 pixels apart.
//
// `square` is the length of one of the n x n planes of sums, in floats: (plane, square, channel).

/** One row or column of a square: n numbers `step` bytes apart become n sums `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function sums(n: i32, x: usize, step: usize, to: usize, stride: usize): void {
  const a = v128.load(x), b = v128.load(x + step), c = v128.load(x + 2 * step);
  if (n == 4) {
    v128.store(to, f32x4.sub(a, c));
    v128.store(to + stride, f32x4.add(b, c));
    v128.store(to + 2 * stride, f32x4.sub(c, b));
    v128.store(to + 3 * stride, f32x4.sub(b, v128.load(x + 3 * step)));
  } else {
    v128.store(to, f32x4.sub(a, b));
    v128.store(to + stride, b);
    v128.store(to + 2 * stride, f32x4.sub(c, b));
  }
}

/** The sums of all squares of height x width squares. `scratch` has room for n x n x 4 floats. */
export function spread(
  n: i32, input: i32, output: i32, scratch: i32, height: i32, width: i32, channels: i32, row: i32, plane: i32,
): void {
  const pixel = at(channels), line = at(row), stride = at(plane), middle = at(scratch), side = <usize>n << 4;
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      let x = at(input + (n - 2) * (i * row + j * channels)), o = at(output + (i * width + j) * channels);
      for (const end = x + pixel; x < end; x += 16, o += 16) {
        for (let k = 0; k < n; k++) sums(n, x + k * pixel, line, middle + (k << 4), side);
        for (let k = 0; k < n; k++) sums(n, middle + k * side, 16, o + k * n * stride, stride);
      }
    }
  }
}

/**
 * For each of `count` planes a matrix product: rows of `inputs` floats times weights (block of 8 outputs, input,
 * output of the block). `rows` counts in fours, `outputs` in eights.
 */
export function multiply(
  input: i32, weights: i32, output: i32, count: i32, rows: i32, inputs: i32, outputs: i32,
): void {
  const next = at(inputs), step = at(outputs);
  let w0 = at(weights);
  for (let p = 0; p < count; p++) {
    for (let q = 0; q < outputs; q += 8) {
      for (let i = 0; i < rows; i += 4) {
        tile(at(input + (p * rows + i) * inputs), next, 4, w0, w0 + 8 * next, at(output + (p * rows + i) * outputs + q), step);
      }
      w0 += 8 * next;
    }
  }
}

/** The two outputs of n products `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function first(n: i32, x: usize, stride: usize): v128 {
  const sum = f32x4.add(v128.load(x), v128.load(x + stride));
  return n == 4 ? f32x4.add(sum, v128.load(x + 2 * stride)) : sum;
}

// @ts-ignore: decorator
@inline
function second(n: i32, x: usize, stride: usize): v128 {
  const b = v128.load(x + stride), c = v128.load(x + 2 * stride);
  return n == 4 ? f32x4.sub(f32x4.sub(b, c), v128.load(x + 3 * stride)) : f32x4.add(b, c);
}

/** Squares of 2x2 outputs from the products, with bias and ReLU. `channels` are stored, a row has `length`. */
export function gather(
  n: i32, input: i32, bias: i32, output: i32, scratch: i32, height: i32, width: i32, length: i32, plane: i32,
  channels: i32, row: i32, slope: f32,
): void {
  const pixel = at(channels), line = at(row), stride = at(plane), middle = at(scratch), side = <usize>n << 4;
  const s = splat(slope);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      let x = at(input + (i * width + j) * length), o = at(output + 2 * (i * row + j * channels));
      let b = at(bias);
      for (const end = o + pixel; o < end; x += 16, o += 16, b += 16) {
        for (let k = 0; k < n; k++) {
          v128.store(middle + (k << 4), first(n, x + k * stride, n * stride));
          v128.store(middle + side + (k << 4), second(n, x + k * stride, n * stride));
        }
        const shift = v128.load(b);
        for (let k = 0, to = o, from = middle; k < 2; k++, to += line, from += side) {
          v128.store(to, leaky(f32x4.add(first(n, from, 16), shift), s));
          v128.store(to + pixel, leaky(f32x4.add(second(n, from, 16), shift), s));
        }
      }
    }
  }
}

// ---- one number at a time ----

/** 1 / (1 + exp(-x)). */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp(f32x4.neg(x))));
}

/** Each of `n` numbers through a curve: x sigmoid(x) (SiLU) or, with `alone`, sigmoid(x). */
export function curve(x: i32, n: i32, alone: bool): void {
  for (let i = at(x), end = at(x + n); i < end; i += 16) {
    const v = v128.load(i), s = sigmoid(v);
    v128.store(i, alone ? s : f32x4.mul(v, s));
  }
}

/** x + y, `n` numbers, in the place of x. */
export function add(x: i32, y: i32, n: i32): void {
  for (let i = at(x), j = at(y), end = at(x + n); i < end; i += 16, j += 16) {
    v128.store(i, f32x4.add(v128.load(i), v128.load(j)));
  }
}
