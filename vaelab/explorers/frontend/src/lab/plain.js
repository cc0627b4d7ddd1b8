/** What kernels.ts exports, in plain JavaScript, on the Float32Array `f`. See there for the arguments. */
export const plainKernels = (f) => ({
  matmul(a, aRow, aColumn, b, bRow, bColumn, c, m, n, k, space) {
    const strip = space + m * k,
      end = strip + 4 * k;
    for (let i = 0, to = space; i < m; i += 2) {
      for (let j = 0; j < k; j++) {
        f[to++] = f[a + i * aRow + j * aColumn];
        f[to++] = f[a + (i + 1) * aRow + j * aColumn];
      }
    }
    for (let q = 0; q < n; q += 4) {
      for (let j = 0, to = strip; j < k; j++) {
        for (let t = 0; t < 4; t++) f[to++] = f[b + j * bRow + (q + t) * bColumn];
      }
      for (let i = 0, x = space; i < m; i += 2) tile(f, x + i * k, strip, end, c + i * n + q, n);
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
    let total = 0;
    for (let i = 0; i < count; i++) {
      const l = f[logits + i],
        t = f[targets + i],
        e = Math.exp(-Math.abs(l)),
        y = l < 0 ? e / (1 + e) : 1 / (1 + e);
      total += Math.log1p(e) + Math.max(l, 0) - t * l;
      f[mean + i] = y;
      f[gradient + i] = scale * (y - t);
    }
    return total;
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

/** Two rows, packed at x, times four columns, packed from w to end; results go to `to` and a row of n later. */
function tile(f, x, w, end, to, n) {
  let a0 = 0,
    a1 = 0,
    a2 = 0,
    a3 = 0,
    b0 = 0,
    b1 = 0,
    b2 = 0,
    b3 = 0;
  for (; w < end; w += 4, x += 2) {
    const u = f[x],
      v = f[x + 1],
      w0 = f[w],
      w1 = f[w + 1],
      w2 = f[w + 2],
      w3 = f[w + 3];
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
