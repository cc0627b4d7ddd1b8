// Codes in, pictures out: from the kernel where there is one, else from this browser.

import convolve from "deflated:convolve";
import { fromBase64 } from "./base64.js";
import { breath } from "./breath.js";
import { makeDecoder } from "./decoder.js";
import { modulesOf } from "./modules.js";
import { unpack } from "./unpack.js";

const PATIENCE = 800; // milliseconds to wait for a kernel before the browser decodes
const LONG_PATIENCE = 30_000; // where the browser cannot

// Several explorers of one model share its weights.
globalThis.vaelabDecoders ??= new Map();
const decoders = globalThis.vaelabDecoders;

function browserDecoder(key, loadWeights) {
  if (!decoders.has(key)) {
    const made = loadWeights(key).then(async ({ meta, data }) => {
      if (meta.key !== key) {
        throw new Error(`The weights are of another model (${meta.key}, not ${key}): build the page again.`);
      }
      const modules = await unpack(fromBase64(convolve)).then(modulesOf, () => []);
      return makeDecoder(meta, data, modules);
    });
    decoders.set(key, made);
    made.catch(() => decoders.delete(key)); // a later try may succeed
  }
  return decoders.get(key);
}

function asImages(bytes, width, height) {
  const size = 4 * width * height;
  return Array.from({ length: bytes.length / size }, (_, i) => {
    const image = new Uint8ClampedArray(bytes.subarray(i * size, (i + 1) * size));
    return new ImageData(image, width, height);
  });
}

/**
 * The decoder that an explorer's front end sees: { width, height, ready, decode(codes, draw), draw(use) }.
 *
 * One request is under way at a time and the latest waits; those between are dropped. Without a kernel nothing
 * is loaded before `near`; `ready` fails where the browser cannot decode.
 * @param model its `picture_shape` and its `weights`, a key or "" where the browser cannot decode
 * @param {{loadWeights: (key: string) => Promise<{meta: object, data: Uint8Array}>,
 *   kernel?: {decode: (codes: number[][], patience: number) => Promise<Uint8Array | null>,
 *     draw: (patience: number) => Promise<number[] | null>}}} source
 * @param report tells the reader: note(text), fail(text)
 */
export function openDecoder(source, model, report, near) {
  const [, height, width] = model.get("picture_shape");
  const key = model.get("weights");
  const browser = () => browserDecoder(key, source.loadWeights);
  const ready = source.kernel ? Promise.resolve() : near.then(browser);
  let waiting = null;
  let current = null;

  async function inBrowser(codes) {
    await ready;
    const decoder = await browser();
    const images = [];
    for (const code of codes) {
      await breath();
      images.push(new ImageData(decoder.decode(code), width, height));
    }
    return images;
  }

  async function answer(codes) {
    if (!source.kernel) return inBrowser(codes);
    const bytes = await source.kernel.decode(codes, key ? PATIENCE : LONG_PATIENCE);
    if (bytes) {
      report.note("");
      if (key) browser().catch(() => {}); // ready for the day the kernel stops
      return asImages(bytes, width, height);
    }
    if (!key) throw new Error("The kernel does not answer. Run the cell again.");
    const images = await inBrowser(codes).catch((error) => {
      throw new Error(`The kernel does not answer, and the browser cannot decode: ${error.message}`);
    });
    report.note("The kernel does not answer; your browser decodes.");
    return images;
  }

  async function code() {
    const found = await source.kernel?.draw(key ? PATIENCE : LONG_PATIENCE);
    if (found) return found;
    if (!key) throw new Error("The kernel does not answer. Run the cell again.");
    await ready;
    return (await browser()).draw();
  }

  async function work() {
    while (waiting) {
      const { codes, draw } = waiting;
      waiting = null;
      try {
        const images = await answer(codes);
        report.fail("");
        draw(images);
      } catch (error) {
        report.fail(error.message);
      }
    }
    current = null;
  }

  return {
    width,
    height,
    ready,
    /** Give `use` a code from the model's prior. */
    draw: (use) => code().then(use, (error) => report.fail(error.message)),

    /** Resolves when nothing is left to draw. */
    decode(codes, draw) {
      waiting = { codes, draw };
      current ??= work();
      return current;
    },
  };
}
