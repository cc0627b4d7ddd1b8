// The layers a page runs. Each function (layout, at, layer) takes its numbers from the file, adds its steps,
// and returns the map of its result; `at` is the map it works on.

/** n, rounded up to a multiple of 4. */
export const four = (n) => (n + 3) & ~3;

const bent = (v, slope) => (v < 0 ? v * slope : v);

export const layers = {
  linear(layout, at, { outputs, slope = 1 }) {
    const inputs = at.channels,
      matrix = layout.take(inputs * outputs),
      length = four(inputs);
    const padded = new Float32Array(length * four(outputs));
    for (let o = 0; o < outputs; o++) padded.set(matrix.subarray(o * inputs, (o + 1) * inputs), o * length);
    const to = layout.vector(outputs);
    const weights = layout.keep(padded),
      bias = layout.keep(layout.take(outputs));
    layout.steps.push((k) => k.linear(at.start, weights, bias, to.start, length, four(outputs), slope));
    return to;
  },

  unflatten(layout, at, { shape }) {
    const to = layout.map(...shape);
    if (to.channels * to.height * to.width !== at.channels) layout.fail("the layers do not fit together");
    const pixels = to.height * to.width;
    return change(layout, to, (_, c, n, f) => f[at.start + c * pixels + n]);
  },

  /** Numbers of rows in a table, one for each pixel: the rows are its channels. */
  look(layout, at, { entries, width, shape }) {
    const table = layout.keep(layout.take(entries * width)),
      to = layout.map(width, ...shape);
    return change(layout, to, (_, c, n, f) => f[table + width * f[at.start + n] + c]);
  },

  /** Channels become pixels, nn.PixelShuffle: (C r r, H, W) -> (C, r H, r W). */
  shuffle(layout, at, { factor: r }) {
    const to = layout.map(at.channels / r ** 2, r * at.height, r * at.width);
    layout.steps.push((_, f) => {
      for (let y = 0; y < to.height; y++) {
        for (let x = 0; x < to.width; x++) {
          const o = to.start + y * to.row + x * to.pixel;
          let i = at.start + ((y / r) | 0) * at.row + ((x / r) | 0) * at.pixel + (y % r) * r + (x % r);
          for (let c = 0; c < to.channels; c++, i += r * r) f[o + c] = f[i];
        }
      }
    });
    return to;
  },

  /** x + layers(x). */
  residual(layout, at, { layers: inner }) {
    // What works in place must not change x itself.
    const start = /conv|linear/.test(inner[0]?.type) ? at : copy(layout, at);
    const to = layout.add(inner, start);
    if (["channels", "height", "width"].some((name) => to[name] !== at[name])) {
      layout.fail("the layers do not fit together");
    }
    rows(layout, to, (k, f, row, n) => {
      const beside = at.start + row - to.start;
      if (k.add) return k.add(row, beside, n);
      for (let i = 0; i < n; i++) f[row + i] += f[beside + i];
    });
    return to;
  },

  /** Kernel 3x3, stride 1, padding 1. */
  conv(layout, at, layer) {
    const kernel = kernelOf(layout, at, layer, 3);
    if (layout.fast && !(at.height % 2 || at.width % 2)) return quick(layout, at, layer, kernel, 4);
    return convolve(layout, at, layer, kernel, 3, 1);
  },

  /** Doubling by nearest neighbour, then the same. */
  upconv(layout, at, layer) {
    const kernel = kernelOf(layout, at, layer, 3);
    if (layout.fast) return quick(layout, at, layer, kernel, 3);
    return convolve(layout, at, layer, afterDoubling(kernel, kernel.length / 9), 4, 2);
  },

  /** A transposed convolution of stride 2 and padding 1, its kernel 3x3 or 4x4. */
  deconv(layout, at, layer) {
    return convolve(layout, at, layer, kernelOf(layout, at, layer, layer.side), layer.side, 2);
  },

  /** A batch norm that has no layer before it to join. */
  affine(layout, at, { size, slope = 1 }) {
    const scale = layout.take(size),
      shift = layout.take(size);
    return change(layout, at, (v, c) => bent(v * scale[c % size] + shift[c % size], slope));
  },

  /** Mean 0 and variance 1 for a vector: nn.LayerNorm without what is learned. */
  norm(layout, at, { eps }) {
    layout.steps.push((_, f) => {
      const x = f.subarray(at.start, at.start + at.channels);
      const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
      const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length + eps);
      for (let i = 0; i < x.length; i++) x[i] = (x[i] - mean) * scale;
    });
    return at;
  },

  leaky: (layout, at, { slope }) => change(layout, at, (v) => bent(v, slope)),
  sigmoid: (layout, at) => curve(layout, at, true),
  silu: (layout, at) => curve(layout, at, false),
};

/** Add a step for each row of a map, all its channels: give(kernels, floats, place of the row, its length). */
function rows(layout, at, give) {
  const length = at.width * four(at.channels);
  layout.steps.push((k, f) => {
    for (let y = 0; y < at.height; y++) give(k, f, at.start + y * at.row, length);
  });
}

/** Sigmoid (`alone`), or x times sigmoid of x: SiLU. */
function curve(layout, at, alone) {
  rows(layout, at, (k, f, row, n) => {
    if (k.curve) return k.curve(row, n, alone);
    for (let i = row; i < row + n; i++) f[i] = (alone ? 1 : f[i]) / (1 + Math.exp(-f[i]));
  });
  return at;
}

function copy(layout, at) {
  const to = at.row ? layout.map(at.channels, at.height, at.width) : layout.vector(at.channels);
  rows(layout, to, (_, f, row, n) =>
    f.copyWithin(row, at.start + row - to.start, at.start + row - to.start + n),
  );
  return to;
}

/** Put give(old value, channel, number of the pixel, all floats) into each place of a map. */
function change(layout, at, give) {
  layout.steps.push((_, f) => {
    for (let y = 0, n = 0; y < at.height; y++) {
      for (let x = 0; x < at.width; x++, n++) {
        const i = at.start + y * at.row + x * at.pixel;
        for (let c = 0; c < at.channels; c++) f[i + c] = give(f[i + c], c, n, f);
      }
    }
  });
  return at;
}

const kernelOf = (layout, at, { outputs }, side) => layout.take(side * side * at.channels * outputs);

function convolve(layout, at, { outputs, slope = 1 }, kernel, side, stride) {
  const to = layout.map(outputs, stride * at.height, stride * at.width);
  const bias = layout.keep(layout.take(outputs));
  for (const y of phases(side, stride)) {
    for (const x of phases(side, stride)) {
      const weights = layout.keep(blocks(kernel, side, y.taps, x.taps, at.channels, outputs));
      const input = at.start + y.first * at.row + x.first * at.pixel;
      const output = to.start + y.phase * to.row + x.phase * to.pixel;
      layout.steps.push((k) =>
        k.convolve(
          input,
          weights,
          bias,
          output,
          at.height,
          at.width,
          y.taps.length,
          x.taps.length * at.pixel,
          at.pixel,
          at.row,
          to.pixel,
          stride * to.pixel,
          stride * to.row,
          slope,
        ),
      );
    }
  }
  return to;
}

const TILES = 16; // squares worked on together: enough to reuse the weights, few enough for the cache

/**
 * What each number of a row or column of an n x n square is multiplied with, from the three of the kernel: n = 4
 * for the kernel itself, n = 3 for doubling before it. See convolve.ts.
 */
const FROM_KERNEL = {
  3: [
    [1, 0, 0],
    [1, 1, 1],
    [0, 0, 1],
  ],
  4: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
};

/** A convolution, perhaps after doubling, with fewer multiplications. */
function quick(layout, at, { outputs, slope = 1 }, kernel, n) {
  const hop = n - 2,
    height = at.height / hop,
    width = at.width / hop; // in squares
  const to = layout.map(outputs, 2 * height, 2 * width);
  const length = (outputs + 7) & ~7;
  const weights = layout.keep(changed(kernel, n, at.channels, outputs, length));
  const bias = layout.keep(layout.take(outputs));
  const most = Math.max(1, Math.floor(TILES / width));
  for (let y = 0; y < height; y += most) {
    const some = Math.min(most, height - y),
      squares = four(some * width);
    const plane = squares * at.pixel,
      products = squares * length;
    layout.spare = Math.max(layout.spare, n * n * (4 + plane + products));
    const input = at.start + (y * hop - 1) * at.row - at.pixel,
      output = to.start + 2 * y * to.row;
    layout.steps.push((k) => {
      const sums = layout.scratch + 4 * n * n,
        found = sums + n * n * plane;
      k.spread(n, input, sums, layout.scratch, some, width, at.pixel, at.row, plane);
      k.multiply(sums, weights, found, n * n, squares, at.pixel, length);
      k.gather(
        n,
        found,
        bias,
        output,
        layout.scratch,
        some,
        width,
        length,
        products,
        to.pixel,
        to.row,
        slope,
      );
    });
  }
  return to;
}

/** The kernel, (row, column, input, output), as `multiply` reads it. */
function changed(kernel, n, inputs, outputs, length) {
  const depth = four(inputs),
    ordered = new Float32Array(n * n * depth * length);
  FROM_KERNEL[n].forEach((down, y) => {
    FROM_KERNEL[n].forEach((across, x) => {
      const first = (y * n + x) * depth * length;
      for (let tap = 0; tap < 9; tap++) {
        const share = down[Math.floor(tap / 3)] * across[tap % 3];
        if (!share) continue;
        for (let i = 0, k = tap * inputs * outputs; i < inputs; i++) {
          for (let o = 0; o < outputs; o++, k++) {
            ordered[first + (o & ~7) * depth + 8 * i + (o & 7)] += share * kernel[k];
          }
        }
      }
    });
  });
  return ordered;
}

/**
 * A transposed convolution of stride 2 is an ordinary one for each parity (`phase`) of the output's row or
 * column: with those `taps` of the kernel that meet a pixel, the `first` of which lies that many pixels off.
 */
function phases(side, stride) {
  if (stride === 1) return [{ phase: 0, first: -1, taps: [0, 1, 2] }];
  return [0, 1].map((phase) => {
    const taps = [3, 2, 1, 0].filter((k) => k < side && (k + phase) % 2); // output 2 i - 1 + k meets input i
    return { phase, first: (phase + 1 - taps[0]) / 2, taps };
  });
}

/** Weights of some taps, from (row, column, input, output) into the order that `convolve` reads. */
function blocks(kernel, side, rows, columns, inputs, outputs) {
  const depth = four(inputs),
    length = rows.length * columns.length * depth;
  const ordered = new Float32Array(length * four(outputs));
  for (let o = 0; o < outputs; o++) {
    const block = o & ~7,
      width = Math.min(8, four(outputs) - block);
    let to = block * length + o - block;
    for (const y of rows) {
      for (const x of columns) {
        let from = (y * side + x) * inputs * outputs + o;
        for (let i = 0; i < depth; i++, to += width, from += outputs) {
          if (i < inputs) ordered[to] = kernel[from];
        }
      }
    }
  }
  return ordered;
}

/**
 * The 4x4 kernel of stride 2 that does what doubling and a 3x3 kernel do, as in vaelab.nets.UpConv2d. `n`
 * numbers belong to each tap.
 */
function afterDoubling(kernel, n) {
  const sums = new Float32Array(16 * n);
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 3; x++) {
      const from = (3 * y + x) * n,
        to = (4 * (2 - y) + 2 - x) * n;
      for (const shift of [0, 1, 4, 5]) {
        // to the same tap, the next, and those in the next row
        for (let i = 0; i < n; i++) sums[to + shift * n + i] += kernel[from + i];
      }
    }
  }
  return sums;
}
