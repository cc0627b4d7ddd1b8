// The pictures a lab learns from: what vaelab.explorers.lab_sets packed, unpacked.

import { normal, uniform } from "../random.js";
import { unpack } from "../unpack.js";
import { drawDigit, drawFactors, SIDE } from "./digits.js";

const FORMAT = 1;
const POOL = 2000; // drawn digits to learn from; some are drawn anew at every step

/**
 * A set { shape: [C, H, W], names, pixels, labels, held, begin?, renew? } from what Python made: `meta`, `data`.
 *
 * The first `held` pictures are never learned from. An endless set draws the others in `begin(seed)`, and
 * `renew(count)` replaces as many of them by new ones.
 */
export async function openSet({ meta, data }) {
  if (meta?.format !== FORMAT) {
    throw new Error(`The pictures are in format ${meta?.format}, this page reads ${FORMAT}: build it again.`);
  }
  return openers[meta.kind](meta, data);
}

const openers = { small: openSmall, digits: openDigits, sheet: openSheet };

/** Handwriting of 8 x 8 pixels, grey 0 to 16, enlarged: all pixels, then all labels, deflated. */
async function openSmall({ count, held, names }, data) {
  const raw = await unpack(data);
  if (raw.length !== 65 * count)
    throw new Error("The pictures are cut short or damaged: build the page again.");
  const pixels = new Uint8Array(count * SIDE * SIDE);
  for (let i = 0; i < count; i++) enlarge(raw, 64 * i, pixels, SIDE * SIDE * i);
  return { shape: [1, SIDE, SIDE], names, pixels, labels: raw.slice(64 * count), held };
}

/** Catmull-Rom weights of 24 places between 8 samples: three in each sample's cell. */
const TAPS = Array.from({ length: 24 }, (_, o) => {
  const x = (o + 0.5) / 3 - 0.5,
    from = Math.floor(x) - 1;
  const kernel = (d) => {
    if (d < 1) return 1.5 * d ** 3 - 2.5 * d * d + 1;
    return d < 2 ? -0.5 * d ** 3 + 2.5 * d * d - 4 * d + 2 : 0;
  };
  return [0, 1, 2, 3].map((t) => [from + t, kernel(Math.abs(from + t - x))]).filter(([i]) => i >= 0 && i < 8);
});

/** 8 x 8 greys to 24 x 24 in a frame of 28, their edges made steep. */
function enlarge(raw, at, pixels, to) {
  const wide = new Float64Array(8 * 24);
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 24; x++)
      for (const [i, w] of TAPS[x]) wide[24 * y + x] += (w * raw[at + 8 * y + i]) / 16;
  }
  for (let y = 0; y < 24; y++) {
    for (let x = 0; x < 24; x++) {
      let v = 0;
      for (const [i, w] of TAPS[y]) v += w * wide[24 * i + x];
      const t = Math.min(1, Math.max(0, (v - 0.15) / 0.7));
      pixels[to + SIDE * (y + 2) + x + 2] = Math.round(255 * t * t * (3 - 2 * t));
    }
  }
}

/** Digits drawn here: ten skeletons, 16-bit numbers in ten-thousandths. */
function openDigits({ ranges, held, names }, data) {
  const numbers = Float64Array.from(new Int16Array(data.slice().buffer), (value) => value / 1e4);
  const length = numbers.length / names.length;
  const count = held + POOL;
  const pixels = new Uint8Array(count * SIDE * SIDE),
    labels = new Uint8Array(count);
  let at;
  let next = uniform(0); // the unseen ones are the same for every seed
  const draw = (i) => {
    labels[i] = Math.floor(names.length * next());
    const skeleton = numbers.subarray(labels[i] * length, (labels[i] + 1) * length);
    drawDigit(skeleton, drawFactors(ranges, next, normal(next)), pixels, i * SIDE * SIDE);
  };
  for (let i = 0; i < held; i++) draw(i);
  function begin(seed) {
    next = uniform(seed + 1);
    for (at = held; at < count; at++) draw(at);
    at = held;
  }
  function renew(n) {
    for (let i = 0; i < n; i++, at = at + 1 < count ? at + 1 : held) draw(at);
  }
  return { shape: [1, SIDE, SIDE], names, pixels, labels, held, begin, renew };
}

/** Colour pictures that the page has cut out of a sheet: RGBA, picture after picture. */
function openSheet({ count, held, names, side, labels }, rgba) {
  const area = side * side,
    pixels = new Uint8Array(count * 3 * area);
  for (let i = 0; i < count; i++) {
    for (let p = 0; p < area; p++) {
      for (let c = 0; c < 3; c++) pixels[(3 * i + c) * area + p] = rgba[4 * (i * area + p) + c];
    }
  }
  return { shape: [3, side, side], names, pixels, labels: Uint8Array.from(labels), held };
}
