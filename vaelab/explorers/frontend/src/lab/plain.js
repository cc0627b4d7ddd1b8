/** What kernels.ts exports, in plain JavaScript, on the Float32Array `f`. See there for the arguments. */
export const plainKernels = (f) => ({
  /**
   * In 64 bits, as numbers are here, so that none is converted on its way. What two rows of A both lack is left out:
   * two thirds of a digit's pixels are black.
   */
  matmul(a, aRow, aColumn, b, bRow, bColumn, c, m, n, k) {
    grow(m * k, 4 * k);
    const ends = packRows(f, a, aRow, aColumn, m, k);
    for (let q = 0; q < n; q += 4) {
      for (let j = 0, to = 0; j < k; j++) {
        for (let t = 0; t < 4; t++) strip[to++] = f[b + j * bRow + (q + t) * bColumn];
      }
      for (let i = 0, from = 0; i < m; from = ends[i / 2], i += 2)
        tile(f, from, ends[i / 2], c + i * n + q, n);
    }
  },

  addBias(x, bias, rows, columns, slope) {
    for (let r = 0, p = x; r < rows; r++) {
      for (let c = 0; c < columns; c++, p++) {
        const y = f[p] + f[bias + c];
        f[p] = y < 0 ? slope * y : y;
      }
    }
  },

  cutGradient(gradient, active, count, slope) {
    for (let i = 0; i < count; i++) if (!(f[active + i] > 0)) f[gradient + i] *= slope;
  },

  sumColumns(x, sums, rows, columns) {
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += f[x + r * columns + c];
      f[sums + c] = sum;
    }
  },

  bernoulli(logits, targets, gradient, mean, count, scale) {
    let total = 0,
      product = 1; // of so many factors up to 2: one logarithm for all of them
    for (let i = 0; i < count; i++) {
      const l = f[logits + i],
        t = f[targets + i],
        e = Math.exp(-Math.abs(l)),
        y = l < 0 ? e / (1 + e) : 1 / (1 + e);
      product *= 1 + e;
      if (i % 512 === 511) {
        total += Math.log(product);
        product = 1;
      }
      total += Math.max(l, 0) - t * l;
      f[mean + i] = y;
      f[gradient + i] = scale * (y - t);
    }
    return total + Math.log(product);
  },

  squares(output, targets, gradient, mean, count, scale) {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const y = f[output + i],
        d = y - f[targets + i];
      total += d * d;
      f[mean + i] = Math.min(Math.max(y, 0), 1);
      f[gradient + i] = scale * d;
    }
    return total;
  },

  adam(parameters, gradient, first, second, count, rate, root, b1, b2, epsilon) {
    for (let i = 0; i < count; i++) {
      const g = f[gradient + i];
      f[first + i] = b1 * f[first + i] + (1 - b1) * g;
      f[second + i] = b2 * f[second + i] + (1 - b2) * g * g;
      f[parameters + i] -= (rate * f[first + i]) / (Math.sqrt(f[second + i]) / root + epsilon);
    }
  },
});

let rows = new Float64Array(0); // of A, two by two, but where both are 0
let places = new Int32Array(0); // in `strip`, of what such two are multiplied by
let strip = new Float64Array(0); // four columns of B

function grow(inRows, inStrip) {
  if (rows.length < inRows) [rows, places] = [new Float64Array(inRows), new Int32Array(inRows / 2)];
  if (strip.length < inStrip) strip = new Float64Array(inStrip);
}

/** Fill `rows` and `places`; gives where each two rows end in `places`. */
function packRows(f, a, row, column, m, k) {
  const ends = new Int32Array(m / 2);
  let to = 0;
  for (let i = 0; i < m; i += 2) {
    for (let j = 0, p = a + i * row; j < k; j++, p += column) {
      const u = f[p],
        v = f[p + row];
      if (u === 0 && v === 0) continue;
      rows[2 * to] = u;
      rows[2 * to + 1] = v;
      places[to++] = 4 * j;
    }
    ends[i / 2] = to;
  }
  return ends;
}

/** Two rows, packed from `from` to `end`, times four columns; results go to `to` and a row of n later. */
function tile(f, from, end, to, n) {
  const x = rows,
    w = strip,
    at = places;
  let a0 = 0,
    a1 = 0,
    a2 = 0,
    a3 = 0,
    b0 = 0,
    b1 = 0,
    b2 = 0,
    b3 = 0;
  for (let i = from; i < end; i++) {
    const u = x[2 * i],
      v = x[2 * i + 1],
      p = at[i],
      w0 = w[p],
      w1 = w[p + 1],
      w2 = w[p + 2],
      w3 = w[p + 3];
    a0 += u * w0;
    a1 += u * w1;
    a2 += u * w2;
    a3 += u * w3;
    b0 += v * w0;
    b1 += v * w1;
    b2 += v * w2;
    b3 += v * w3;
  }
  f[to] = a0;
  f[to + 1] = a1;
  f[to + 2] = a2;
  f[to + 3] = a3;
  f[to + n] = b0;
  f[to + n + 1] = b1;
  f[to + n + 2] = b2;
  f[to + n + 3] = b3;
}
