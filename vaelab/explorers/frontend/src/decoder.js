// Runs a decoder that vaelab.explorers.page_decoder packed.
import { plainKernels } from "./kernels.js";
import { layOut } from "./layout.js";

/**
 * A decoder from what a page was given: `meta` and 16-bit `data` (a Uint8Array).
 *
 * With `wasmBytes`, the compiled convolve.ts, it runs in WebAssembly where that and its SIMD are there, else
 * in plain JavaScript. `decode(code)` gives the picture's RGBA bytes, new ones each time.
 */
export async function makeDecoder(meta, data, { wasmBytes = null } = {}) {
  const { size, fills, steps, input, output } = layOut(meta, data);
  const { kernels, floats, backend } = (await wasm(wasmBytes, size)) ?? plain(size);
  for (const [start, numbers] of fills) floats.set(numbers, start);
  const [channels, height, width] = meta.shape;

  function decode(code) {
    if (code.length !== meta.latent_dim) {
      throw new Error(`This decoder takes codes of ${meta.latent_dim} numbers, not ${code.length}.`);
    }
    floats.set(code, input);
    for (const step of steps) step(kernels, floats);
    return pixels(floats, output);
  }
  return { width, height, channels, backend, decode };
}

async function wasm(bytes, size) {
  if (!bytes) return null;
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(size / 16384) }); // pages of 64 KiB
    const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
    return { kernels: instance.exports, floats: new Float32Array(memory.buffer), backend: "wasm" };
  } catch (error) {
    console.info(`vaelab: decoding in plain JavaScript, which is slower (${error.message})`);
    return null;
  }
}

function plain(size) {
  const floats = new Float32Array(size);
  return { kernels: plainKernels(floats), floats, backend: "js" };
}

function pixels(floats, { start, channels, height, width, row, pixel }) {
  const rgba = new Uint8ClampedArray(4 * height * width).fill(255);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0, i = start + y * row; x < width; x++, i += pixel, p += 4) {
      for (let c = 0; c < 3; c++) rgba[p + c] = 255 * floats[i + (channels > 1 ? c : 0)];
    }
  }
  return rgba;
}
