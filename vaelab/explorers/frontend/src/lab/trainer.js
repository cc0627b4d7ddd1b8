// A VAE, its pictures and its random numbers: takes steps, and shows where it stands.

import { four } from "../layers.js";
import { machine } from "../machine.js";
import { normal, uniform } from "../random.js";
import { plainKernels } from "./plain.js";
import { OBJECTIVE, planVae, Vae } from "./vae.js";

const ROWS = 128; // pictures at a time, at most
const SAMPLES = 12;
const DRAWS = 80; // of the reader's picture's posterior
const DECODED = 6; // so many of these are decoded
const FRESH = 400; // milliseconds for which the losses on unseen pictures hold good
const EARLY = 60; // steps at the start that are all measured
const REACH = 3; // the plane shows at least so many standard deviations of the prior

export const SETTINGS = {
  ...OBJECTIVE,
  hidden: [128],
  latent: 2,
  slope: 0,
  batch: 128, // a multiple of 4, at most ROWS
  rate: 5e-3,
  warmUp: 0, // steps over which beta grows to what it is
  meanPicture: true, // the decoder begins at the mean picture, else the codes leap away to learn it
  seed: 0,
};
const STRUCTURE = ["hidden", "latent", "likelihood", "meanPicture"]; // a change of these starts anew

const range = (n) => Array.from({ length: n }, (_, i) => i);

export class Trainer {
  picture = null; // the reader's own, as bytes

  /** A trainer on a set of sets.js, run by the first of the compiled `modules` that works here. */
  static async open(modules, set, settings) {
    const trainer = new Trainer(modules, set, { ...SETTINGS, ...settings });
    await trainer.restart();
    return trainer;
  }

  constructor(modules, set, settings) {
    Object.assign(this, { modules, set, settings });
    if (set.held % 4)
      throw new Error(`Four pictures are measured at a time: hold back 4, 8, ..., not ${set.held}.`);
    const [channels, height, width] = set.shape;
    this.inputs = channels * height * width;
    this.count = set.labels.length - set.held; // to learn from
    this.labels = set.labels.slice(0, set.held);
    this.shown = this.#row();
    this.originals = new Uint8Array(this.shown.length * this.inputs);
    this.shown.forEach((i, k) => this.originals.set(this.#bytes(i), k * this.inputs));
  }

  /** Ten unseen pictures: the first of each class, as far as there are classes. */
  #row() {
    const firsts = this.set.names.map((_, k) => this.labels.indexOf(k)).filter((i) => i >= 0);
    return [...new Set([...firsts, ...range(20)])].slice(0, 10);
  }

  get time() {
    return this.vae.time;
  }

  /** Steps in an epoch. */
  get epoch() {
    return Math.ceil(this.count / this.settings.batch);
  }

  /** From new random weights. */
  async restart(seed = this.settings.seed) {
    this.settings.seed = seed;
    const { hidden, latent, likelihood, meanPicture } = this.settings;
    const plan = () => planVae({ inputs: this.inputs, hidden, latent, rows: ROWS });
    const { kernels, floats, layout, backend } = await machine(this.modules, plan, plainKernels);
    this.set.begin?.(seed);
    const stream = (k) => uniform(8 * seed + k); // so that a look in between changes no step
    const vae = new Vae(kernels, floats, layout);
    vae.slope = this.settings.slope;
    vae.begin(stream(0));
    if (meanPicture) vae.beginAt(this.#mean(), likelihood, this.set.shape[0] === 3);
    const drawn = normal(stream(3));
    Object.assign(this, { vae, f: floats, layout, backend, order: [], axes: range(Math.min(2, latent)) });
    Object.assign(this, { shuffle: stream(1), noise: normal(stream(2)), look: normal(stream(4)) });
    this.samples = range(SAMPLES).map(() => Float32Array.from(range(latent), drawn));
    this.extent = REACH;
    this.unseen = null;
    this.sums = { error: 0, kl: 0, n: 0 };
    this.last = null;
  }

  /** Change settings; those of the network's shape start it anew. */
  async change(changes) {
    const before = this.settings;
    this.settings = { ...before, ...changes };
    if (STRUCTURE.some((name) => `${before[name]}` !== `${this.settings[name]}`)) await this.restart();
    this.vae.slope = this.settings.slope;
    this.unseen = null;
  }

  #bytes(i) {
    return this.set.pixels.subarray(i * this.inputs, (i + 1) * this.inputs);
  }

  #mean() {
    const mean = new Float64Array(this.inputs);
    for (let i = this.set.held; i < this.set.labels.length; i++) {
      const bytes = this.#bytes(i);
      for (let p = 0; p < mean.length; p++) mean[p] += bytes[p];
    }
    return mean.map((sum) => sum / (255 * this.count));
  }

  /** Put a picture's bytes into row r of x. */
  #put(bytes, r) {
    const at = this.layout.x + r * this.inputs;
    for (let p = 0; p < this.inputs; p++) this.f[at + p] = bytes[p] / 255;
  }

  /** Standard normal numbers into the first rows of eps. */
  #noise(rows, draw) {
    const { eps, code, latent } = this.layout;
    for (let r = 0; r < rows; r++) for (let j = 0; j < latent; j++) this.f[eps + r * code + j] = draw();
  }

  /** The next picture to learn from: all in a random order, then all in another. */
  #next() {
    if (!this.order.length) {
      this.order = range(this.count);
      for (let i = this.count - 1; i > 0; i--) {
        const j = Math.floor(this.shuffle() * (i + 1));
        [this.order[i], this.order[j]] = [this.order[j], this.order[i]];
      }
    }
    return this.set.held + this.order.pop();
  }

  /** The price of KL at this step. */
  get beta() {
    const { beta, warmUp } = this.settings;
    return beta * (warmUp ? Math.min(1, (this.time + 1) / warmUp) : 1);
  }

  /** One step; gives the losses on its batch. */
  step() {
    const { batch, rate } = this.settings;
    this.set.renew?.(batch >> 3);
    for (let r = 0; r < batch; r++) {
      const i = this.#next();
      if (!r) this.last = { index: i };
      this.#put(this.#bytes(i), r);
    }
    this.#noise(batch, this.noise);
    const losses = this.vae.step(batch, { ...this.settings, beta: this.beta }, rate);
    if (!Number.isFinite(losses.loss))
      throw new Error("The numbers have run away: start anew, with a smaller rate.");
    Object.assign(this.last, { ...losses, ...this.#trace() });
    this.sums.error += losses.error;
    this.sums.kl += losses.kl;
    this.sums.n++;
    return losses;
  }

  /** What became of the first picture of the batch: numbers to follow through the step. */
  #trace() {
    const { f, layout, vae } = this;
    const numbers = range(Math.min(layout.latent, 2));
    const posterior = numbers.map((j) => vae.posterior(0, j));
    return {
      mean: posterior.map(([mean]) => mean),
      logVar: posterior.map(([, logVar]) => logVar),
      eps: numbers.map((j) => f[layout.eps + j]),
      z: numbers.map((j) => f[layout.z + j]),
    };
  }

  /**
   * Bring `count` pictures (`bytes(i)` gives one) through `work(n)` and hear of each: `each(i, r)`, r its row.
   */
  #through(count, bytes, work, each) {
    for (let from = 0; from < count; from += ROWS) {
      const n = Math.min(ROWS, count - from);
      for (let r = 0; r < n; r++) this.#put(bytes(from + r), r);
      work(n);
      for (let r = 0; r < n; r++) each(from + r, r);
    }
  }

  /** Pictures of codes, bytes. */
  decode(codes) {
    const { f, layout } = this,
      { z, code, mean } = layout;
    const pictures = new Uint8Array(codes.length * this.inputs);
    for (let from = 0; from < codes.length; from += ROWS) {
      const n = Math.min(ROWS, codes.length - from);
      f.fill(0, z, z + four(n) * code);
      for (let r = 0; r < n; r++) f.set(codes[from + r], z + r * code);
      this.vae.draw(four(n), this.settings);
      for (let i = 0, to = from * this.inputs; i < n * this.inputs; i++)
        pictures[to++] = 255 * f[mean + i] + 0.5;
    }
    return pictures;
  }

  /** All posteriors of the unseen pictures: { means, logVars }, (held, latent) each, and how many units are alive. */
  #posteriors(measure) {
    const { layout, vae, f } = this,
      { latent, encoder } = layout,
      { held } = this.set;
    const means = new Float32Array(held * latent),
      logVars = new Float32Array(held * latent),
      { y, to } = encoder[0];
    const alive = new Uint8Array(to),
      total = { error: 0, kl: 0 };
    // Always by the right formulas, whatever the slip: the gap to the training losses is how a slip shows.
    const { likelihood, sigma, noise } = this.settings,
      right = { ...OBJECTIVE, likelihood, sigma, noise };
    const work = (n) => {
      if (!measure) return vae.encode(n);
      this.#noise(n, this.look);
      const { error, kl } = vae.measure(n, right);
      total.error += (n * error) / held;
      total.kl += (n * kl) / held;
    };
    const each = (i, r) => {
      for (let j = 0; j < latent; j++) [means[i * latent + j], logVars[i * latent + j]] = vae.posterior(r, j);
      for (let u = 0; u < to; u++) if (f[y + r * to + u] > 0) alive[u] = 1;
    };
    this.#through(held, (i) => this.#bytes(i), work, each);
    if (measure) this.unseen = { ...total, at: performance.now(), time: this.time };
    return { means, logVars, alive: alive.reduce((a, b) => a + b, 0), units: to };
  }

  /** KL of each unit, averaged over the unseen pictures. */
  #unitKl({ means, logVars }) {
    const { latent } = this.layout,
      sums = new Float32Array(latent);
    for (let i = 0; i < means.length; i++) {
      sums[i % latent] += 0.5 * (means[i] ** 2 + Math.exp(logVars[i]) - 1 - logVars[i]);
    }
    return sums.map((sum) => sum / this.set.held);
  }

  /** The two units that the plane shows: those with most KL, but it does not jump for a little more. */
  #choose(unitKl) {
    const order = range(unitKl.length).sort((a, b) => unitKl[b] - unitKl[a]);
    if (order.length < 2) return;
    const weakest = Math.min(...this.axes.map((j) => unitKl[j]));
    const best = order.find((j) => !this.axes.includes(j));
    if (best !== undefined && unitKl[best] > 1.3 * weakest + 0.1) this.axes = order.slice(0, 2);
  }

  /** A place on the plane as a code: other numbers are 0. */
  #code(x, y) {
    const code = new Float32Array(this.layout.latent);
    code[this.axes[0]] = x;
    if (code.length > 1) code[this.axes[1]] = y;
    return code;
  }

  /** How many of the unseen pictures lie next to one of their own class on the plane, as a share. */
  #named(codes) {
    const { labels, layout } = this,
      n = labels.length,
      second = layout.latent > 1 ? 1 : 0; // a single number's y is the class
    let right = 0;
    for (let i = 0; i < n; i++) {
      let best = Infinity,
        who = 0;
      for (let j = 0; j < n; j++) {
        const away = (codes[2 * i] - codes[2 * j]) ** 2 + second * (codes[2 * i + 1] - codes[2 * j + 1]) ** 2;
        if (j !== i && away < best) [best, who] = [away, j];
      }
      right += labels[who] === labels[i];
    }
    return right / n;
  }

  /** How many kinds of unseen pictures lie nearest to the twelve codes. */
  #reached({ means }) {
    const { latent } = this.layout,
      found = new Set();
    for (const sample of this.samples) {
      let best = Infinity,
        who = 0;
      for (let i = 0; i < this.labels.length; i++) {
        let away = 0;
        for (let j = 0; j < latent; j++) away += (means[i * latent + j] - sample[j]) ** 2;
        if (away < best) [best, who] = [away, i];
      }
      found.add(this.labels[who]);
    }
    return found.size;
  }

  /** Means and standard deviations of posteriors on the plane: x, y, x, y, ... A single number's y is the class. */
  #onPlane({ means, logVars }) {
    const { latent } = this.layout,
      n = means.length / latent,
      codes = new Float32Array(2 * n),
      spreads = new Float32Array(2 * n);
    const { noise, sigmaSlip, price } = this.settings;
    const sigma = (logVar) => (noise || price ? Math.exp(sigmaSlip ? logVar : logVar / 2) : 0);
    for (let i = 0; i < n; i++) {
      this.axes.forEach((j, axis) => {
        codes[2 * i + axis] = means[i * latent + j];
        spreads[2 * i + axis] = sigma(logVars[i * latent + j]);
      });
      if (latent === 1) {
        codes[2 * i + 1] = this.extent * (0.9 - (1.8 * (this.labels[i] + 0.5)) / this.set.names.length);
        spreads[2 * i + 1] = 0;
      }
    }
    return { codes, spreads };
  }

  /**
   * Where it stands: {
   *   step, epoch, beta (with warm-up), extent: the plane shows -extent to extent, axes: the two units it shows,
   *   codes, spreads: of the unseen pictures, x, y, ...: means and standard deviations,
   *   plane, grid: `grid` x `grid` decoded places, row by row from the top left,
   *   rowCodes, reconstructions: of the shown ones; samples, sampleCodes: twelve from N(0, I), the same codes throughout,
   *   train: { error, kl } since the last shot or null, unseen: { error, kl },
   *   unitKl, alive, units: of the encoder's first layer, those that answer to any unseen picture; named: share with
   *   a nearest neighbour of their own class, reached: kinds of pictures next to the samples' codes, mine: see `mine`, last: what the last step did to a picture
   * }, nats a picture.
   */
  shot() {
    const { latent } = this.layout,
      { samples } = this;
    const old = this.unseen === null || performance.now() - this.unseen.at > FRESH;
    const all = this.#posteriors(old || (this.time < EARLY && this.unseen.time !== this.time));
    const unitKl = this.#unitKl(all);
    this.#choose(unitKl);
    const { codes, spreads } = this.#onPlane(all);
    this.#widen(codes);
    const grid = this.backend === "wasm" && this.inputs < 1000 ? 15 : 9;
    const place = (k) => this.extent * ((2 * k + 1) / grid - 1);
    const places = range(grid * grid).map((c) => this.#code(place(c % grid), -place(Math.floor(c / grid))));
    const rows = this.shown.map((i) => all.means.slice(i * latent, (i + 1) * latent));
    const { n, error, kl } = this.sums;
    this.sums = { error: 0, kl: 0, n: 0 };
    return {
      step: this.time,
      epoch: (this.time * this.settings.batch) / this.count,
      beta: this.beta,
      extent: this.extent,
      axes: this.axes,
      codes,
      spreads,
      plane: this.decode(places),
      grid,
      rowCodes: rows,
      reconstructions: this.decode(rows),
      samples: this.decode(samples),
      sampleCodes: samples.map((code) => [code[this.axes[0]], latent > 1 ? code[this.axes[1]] : 0]),
      train: n ? { error: error / n, kl: kl / n } : null,
      unseen: { error: this.unseen.error, kl: this.unseen.kl },
      unitKl: [...unitKl],
      alive: all.alive,
      units: all.units,
      named: this.#named(codes),
      reached: this.#reached(all),
      mine: this.mine(),
      last: this.last,
    };
  }

  /** The plane's width follows the codes, all but the farthest, at ease. */
  #widen(codes) {
    const far = range(codes.length / 2).map((i) =>
      Math.max(Math.abs(codes[2 * i]), Math.abs(codes[2 * i + 1])),
    );
    far.sort((a, b) => a - b);
    const wide = Math.max(REACH, 1.12 * far[Math.floor(0.98 * far.length)]);
    this.extent += 0.25 * (wide - this.extent);
  }

  /**
   * The reader's picture: { mean, spread: [x, y] on the plane, draws: [x, y] of codes as the training draws them, slip
   * and all, reconstruction, drawn: pictures of some draws }, or null.
   */
  mine() {
    if (!this.picture) return null;
    const { f, layout, vae, settings } = this,
      { latent, code, z } = layout;
    for (let r = 0; r < 4; r++) this.#put(this.picture, r);
    vae.encode(4);
    const all = range(latent).map((j) => vae.posterior(0, j));
    const on = (values) => [values[this.axes[0]], latent > 1 ? values[this.axes[1]] : 0];
    const draws = [];
    while (draws.length < DRAWS) {
      this.#noise(4, this.look);
      vae.sample(4, settings);
      for (let r = 0; r < 4; r++) draws.push(f.slice(z + r * code, z + r * code + latent));
    }
    const pictures = this.decode([Float32Array.from(all, ([mean]) => mean), ...draws.slice(0, DECODED)]);
    return {
      mean: on(all.map(([mean]) => mean)),
      spread: on(all.map(([, logVar]) => Math.exp(logVar / 2))),
      draws: draws.map(on),
      reconstruction: pictures.slice(0, this.inputs),
      drawn: pictures.slice(this.inputs),
    };
  }

  /** Everything that a VAE elsewhere needs to be the same one. */
  weights() {
    const { vae, settings } = this;
    return { numbers: vae.numbers(), middle: vae.middle, settings: { ...settings }, step: this.time };
  }

  /** Become a VAE from elsewhere: its settings (the sizes at least) and numbers. */
  async load({ numbers, middle, settings }) {
    this.settings = { ...this.settings, ...settings };
    await this.restart();
    this.vae.load(numbers);
    if (middle) this.f.set(middle, this.layout.middle);
  }
}
