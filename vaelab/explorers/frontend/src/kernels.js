/** `linear` and `convolve` of convolve.ts, in plain JavaScript, on the Float32Array `f`. See there for the arguments. */
export const plainKernels = (f) => ({
  linear(input, weights, bias, output, inputs, outputs, slope) {
    for (let o = 0, w = weights; o < outputs; o++) {
      let sum = f[bias + o];
      for (let i = 0; i < inputs; i++) sum += f[input + i] * f[w++];
      f[output + o] = sum < 0 ? sum * slope : sum;
    }
  },

  convolve(
    input,
    weights,
    bias,
    output,
    height,
    width,
    taps,
    run,
    pixelIn,
    rowIn,
    channels,
    pixelOut,
    rowOut,
    slope,
  ) {
    const store = (o, a, b, c, d) => {
      f[o] = a < 0 ? a * slope : a;
      f[o + 1] = b < 0 ? b * slope : b;
      f[o + 2] = c < 0 ? c * slope : c;
      f[o + 3] = d < 0 ? d * slope : d;
    };
    for (let q = 0; q < channels; q += 4) {
      const block = q & ~7,
        step = Math.min(8, channels - block);
      const first = weights + block * taps * run + (q & 4),
        start = bias + q;
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j += 2) {
          // two pixels at a time, four channels of each
          let a = f[start],
            b = f[start + 1],
            c = f[start + 2],
            d = f[start + 3];
          let e = a,
            g = b,
            h = c,
            k = d;
          for (let t = 0, w = first; t < taps; t++) {
            let x = input + (i + t) * rowIn + j * pixelIn;
            for (const end = x + run; x < end; x++, w += step) {
              const u = f[x],
                v = f[x + pixelIn];
              const w0 = f[w],
                w1 = f[w + 1],
                w2 = f[w + 2],
                w3 = f[w + 3];
              a += u * w0;
              b += u * w1;
              c += u * w2;
              d += u * w3;
              e += v * w0;
              g += v * w1;
              h += v * w2;
              k += v * w3;
            }
          }
          const o = output + i * rowOut + j * pixelOut + q;
          store(o, a, b, c, d);
          if (j + 1 < width) store(o + pixelOut, e, g, h, k);
        }
      }
    }
  },
});
