// Runs a decoder that vaelab.explorers.page_decoder packed.
import { plainKernels } from "./kernels.js";
import { layOut } from "./layout.js";
import { machine } from "./machine.js";
import { normal } from "./random.js";

const fromNormal = normal(Math.random);

/**
 * A decoder from what a page was given: `meta` and 16-bit `data` (a Uint8Array).
 *
 * It runs in WebAssembly, from the first of the `modules` (convolve.ts, compiled) that works here, or in plain
 * JavaScript. `decode(code)` gives the picture's RGBA bytes, new ones each time; `draw()` gives a code.
 */
export async function makeDecoder(meta, data, modules = []) {
  const { kernels, floats, backend, layout } = await machine(
    modules,
    (fast) => layOut(meta, data, fast),
    plainKernels,
  );
  const [channels, height, width] = meta.shape;

  function decode(code) {
    if (code.length !== meta.latent_dim) {
      throw new Error(`This decoder takes codes of ${meta.latent_dim} numbers, not ${code.length}.`);
    }
    floats.set(code, layout.input);
    for (const step of layout.steps) step(kernels, floats);
    return pixels(floats, layout.output);
  }

  /** A code from the model's prior, perhaps from given noise. */
  function draw(noise = Array.from({ length: meta.latent_dim }, fromNormal), chance = Math.random()) {
    return layout.draw(kernels, floats, noise, chance);
  }
  return { width, height, channels, backend, decode, draw };
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
