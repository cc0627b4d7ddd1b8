// asc src/convolve.ts -O3 --converge --noAssert --runtime stub --enable simd --importMemory (see compile.mjs)
//
// The two loops in which a decoder spends its time, four floats at a time. All places and lengths count
// floats. Channels come last and in multiples of 4, so that a row's pixels follow each other in memory.

/** Where float `i` lies, in bytes. */
// @ts-ignore: decorator
@inline
function at(i: i32): usize {
  return <usize>i << 2;
}

/** x where it is positive, slope * x elsewhere: ReLU (0), LeakyReLU, or nothing at all (1). */
// @ts-ignore: decorator
@inline
function leaky(x: v128, slope: v128): v128 {
  const zero = f32x4.splat(0);
  return f32x4.add(f32x4.max(x, zero), f32x4.mul(slope, f32x4.min(x, zero)));
}

// @ts-ignore: decorator
@inline
function addProduct(sum: v128, x: v128, w: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, w));
}

/**
 * output = leaky(weights input + bias). `weights` has a row of `inputs` floats for each output.
 */
export function linear(
  input: i32, weights: i32, bias: i32, output: i32, inputs: i32, outputs: i32, slope: f32,
): void {
  const s = f32x4.splat(slope), row = at(inputs), end = at(input + inputs);
  for (let o = 0; o < outputs; o += 4) {
    let a = f32x4.splat(0), b = a, c = a, d = a;
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
  const s = f32x4.splat(slope), next = at(pixelIn), step = at(pixelOut), length = at(run);
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
