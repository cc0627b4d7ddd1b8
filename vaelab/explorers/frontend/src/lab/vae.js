// A VAE of dense layers and its training step, on one array of floats. Either set of kernels runs under it.

const ADAM = { b1: 0.9, b2: 0.999, epsilon: 1e-8 };

/** What is trained for. The slips, at the end, are mistakes that learners make. */
export const OBJECTIVE = {
  likelihood: "bernoulli", // or "gaussian"
  sigma: 0.1, // of the Gaussian's pixels
  beta: 1, // the price of a nat of KL
  noise: true, // z = mu + sigma eps; without, z = mu
  price: true, // whether the KL is in the loss; without both, an autoencoder
  sigmaSlip: false, // sigma = exp(log_var)
  batchSlip: false, // the KL summed over the batch, beside a mean
  pixelSlip: false, // the reconstruction a mean over pixels, beside a sum
  cutSlip: false, // no gradient through z
};

/**
 * Where everything lies for a VAE inputs - hidden - latent - hidden - inputs: { size, ... } in floats.
 *
 * A layer has its weights (from, to), bias, output `y` and that one's gradient `dY`. The encoder's last layer gives
 * the head: means, then log-variances, each `code` wide; of a code the floats beyond `latent` are padding and stay 0.
 * @param {{inputs: number, hidden: number[], latent: number, rows: number}} shape widths, those of
 *   inputs and hidden layers in eights; at most `rows` pictures, in fours, at a time
 */
export function planVae({ inputs, hidden, latent, rows }) {
  for (const width of [inputs, ...hidden]) {
    if (!(width > 0) || width % 8) throw new Error(`Layers have 8, 16, 24, ... units, not ${width}.`);
  }
  let size = 0;
  const room = (n) => {
    const start = size;
    size += (n + 15) & ~15;
    return start;
  };
  const code = (latent + 7) & ~7; // the kernels work on eight columns at a time
  const chain = (widths) =>
    widths.slice(1).map((to, i) => ({
      from: widths[i],
      to,
      last: i === widths.length - 2,
      weights: room(widths[i] * to),
      bias: room(to),
    }));
  const encoder = chain([inputs, ...hidden, 2 * code]);
  const decoder = chain([code, ...[...hidden].reverse(), inputs]);
  const count = size; // of parameters, which lie first
  const [gradient, first, second] = [room(count), room(count), room(count)];
  for (const layer of [...encoder, ...decoder]) {
    layer.y = room(rows * layer.to);
    layer.dY = room(rows * layer.to);
  }
  const wide = { x: inputs, centred: inputs, mean: inputs, eps: code, z: code, dZ: code };
  const places = Object.fromEntries(Object.entries(wide).map(([name, width]) => [name, room(rows * width)]));
  const middle = room(inputs); // is taken from each picture before it is encoded
  const widest = Math.max(...[...encoder, ...decoder].map((layer) => layer.to));
  const space = room(rows * widest + 8 * Math.max(widest, rows));
  const sizes = { inputs, hidden, latent, rows, code };
  return { size, encoder, decoder, count, gradient, first, second, middle, space, ...places, ...sizes };
}

/** The VAE: pictures are put to `floats[layout.x]`, noise to `floats[layout.eps]`, row by row. */
export class Vae {
  time = 0; // steps of Adam so far
  slope = 0; // of the (leaky) ReLUs

  constructor(kernels, floats, layout) {
    Object.assign(this, { kernels, floats, layout });
  }

  /** Start as PyTorch's Linear does, uniform in +-1/sqrt(inputs), from uniform numbers `next()`. */
  begin(next) {
    const { floats, layout } = this;
    floats.fill(0, 0, layout.space);
    this.time = 0;
    this.#eachParameter((place, fanIn) => {
      floats[place] = (2 * next() - 1) / Math.sqrt(fanIn);
    });
  }

  /** Let the decoder begin with a mean picture, so that the codes need not learn it; `centre` takes it from x. */
  beginAt(picture, likelihood, centre) {
    const { floats, layout } = this,
      { bias } = layout.decoder.at(-1);
    const logit = (p) => Math.log(p / (1 - p));
    for (let i = 0; i < layout.inputs; i++) {
      const p = Math.min(0.99, Math.max(0.01, picture[i]));
      floats[bias + i] = likelihood === "bernoulli" ? logit(p) : p;
      floats[layout.middle + i] = centre ? picture[i] : 0;
    }
  }

  /** Each parameter's place, and how many inputs its layer has, in PyTorch's order: a row of weights an output. */
  #eachParameter(visit) {
    const { encoder, decoder, latent, code } = this.layout;
    const all = (n) => Array.from({ length: n }, (_, i) => i);
    for (const layer of [...encoder, ...decoder]) {
      const from = layer === decoder[0] ? latent : layer.from;
      const heads = [all(latent), all(latent).map((i) => code + i)]; // mu, then log-variance: two layers
      for (const outputs of layer === encoder.at(-1) ? heads : [all(layer.to)]) {
        for (const o of outputs) for (let i = 0; i < from; i++) visit(layer.weights + i * layer.to + o, from);
        for (const o of outputs) visit(layer.bias + o, from);
      }
    }
  }

  /**
   * All parameters, or their gradients, one after the other as PyTorch has them: for each layer the weight (outputs,
   * inputs), then the bias; of the code's layers first mu's, then log_var's.
   */
  numbers(gradients = false) {
    const numbers = [],
      shift = gradients ? this.layout.gradient : 0;
    this.#eachParameter((place) => numbers.push(this.floats[place + shift]));
    return Float32Array.from(numbers);
  }

  /** The picture that is taken from each before it is encoded: PyTorch's first bias must take it in. */
  get middle() {
    return this.floats.slice(this.layout.middle, this.layout.middle + this.layout.inputs);
  }

  /** Take parameters as `numbers` gives them; Adam begins anew. */
  load(numbers) {
    let i = 0;
    this.floats.fill(0, this.layout.first, this.layout.second + this.layout.count);
    this.time = 0;
    this.#eachParameter((place) => {
      this.floats[place] = numbers[i++];
    });
    if (i !== numbers.length) throw new Error(`This VAE has ${i} parameters, not ${numbers.length}.`);
  }

  #forward(chain, x, n) {
    const { kernels, layout } = this;
    for (const { from, to, last, weights, bias, y } of chain) {
      kernels.matmul(x, from, 1, weights, to, 1, y, n, to, from, layout.space);
      kernels.addBias(y, bias, n, to, last ? 1 : this.slope);
      x = y;
    }
  }

  /** Gradients of a chain's parameters from its last dY; of its input, x, unless dX is null. */
  #backward(chain, x, dX, n) {
    const { kernels, layout } = this,
      { gradient, space } = layout;
    for (let i = chain.length - 1; i >= 0; i--) {
      const { from, to, weights, bias, dY } = chain[i];
      const input = i ? chain[i - 1].y : x,
        dInput = i ? chain[i - 1].dY : dX;
      kernels.matmul(input, 1, from, dY, to, 1, weights + gradient, from, to, n, space);
      kernels.sumColumns(dY, bias + gradient, n, to);
      if (dInput === null) return;
      kernels.matmul(dY, to, 1, weights, 1, to, dInput, n, from, to, space);
      if (i) kernels.cutGradient(dInput, input, n * from, this.slope);
    }
  }

  /** From the n pictures in x to the head. */
  encode(n) {
    const { floats: f, layout } = this,
      { x, centred, middle, inputs } = layout;
    for (let r = 0, i = 0; r < n; r++) {
      for (let p = 0; p < inputs; p++, i++) f[centred + i] = f[x + i] - f[middle + p];
    }
    this.#forward(layout.encoder, centred, n);
  }

  /** From the n codes in z to the numbers in `outputs`. */
  decode(n) {
    this.#forward(this.layout.decoder, this.layout.z, n);
  }

  /** Mean and log-variance of picture r's number j, after encode. */
  posterior(r, j) {
    const { floats, layout } = this,
      head = layout.encoder.at(-1).y + 2 * r * layout.code + j;
    return [floats[head], floats[head + layout.code]];
  }

  /** Codes z for n pictures, from the head and eps. */
  sample(n, { noise, sigmaSlip }) {
    const { floats, layout } = this,
      { code, latent } = layout;
    for (let r = 0; r < n; r++) {
      for (let j = 0; j < latent; j++) {
        const [mean, logVar] = this.posterior(r, j);
        const sigma = noise ? Math.exp(sigmaSlip ? logVar : logVar / 2) : 0;
        floats[layout.z + r * code + j] = mean + sigma * floats[layout.eps + r * code + j];
      }
    }
  }

  /** KL of each number of the code from N(0, 1), in nats, summed over n pictures. */
  kl(n) {
    return Array.from({ length: this.layout.latent }, (_, j) => {
      let sum = 0;
      for (let r = 0; r < n; r++) {
        const [mean, logVar] = this.posterior(r, j);
        sum += 0.5 * (mean * mean + Math.exp(logVar) - 1 - logVar);
      }
      return sum;
    });
  }

  /** -log p(x | z) summed over n pictures, in nats; leaves the means, and the gradients times `scale`. */
  #error(n, { likelihood, sigma }, scale) {
    const { kernels, layout } = this,
      { y, dY } = layout.decoder.at(-1),
      count = n * layout.inputs;
    if (likelihood === "bernoulli") return kernels.bernoulli(y, layout.x, dY, layout.mean, count, scale);
    const precision = 1 / sigma ** 2;
    const sum = kernels.squares(y, layout.x, dY, layout.mean, count, scale * precision);
    return (precision * sum + count * Math.log(2 * Math.PI * sigma ** 2)) / 2;
  }

  /** Put the means of the pictures whose n codes are in z into `mean`. */
  draw(n, objective) {
    this.decode(n);
    this.#error(n, objective, 0);
  }

  /** Reconstruction term and KL of the n pictures in x with the noise in eps, nats a picture, and the loss. */
  measure(n, objective) {
    const weight = weights(n, this.layout.inputs, objective);
    this.encode(n);
    this.sample(n, objective);
    this.decode(n);
    const error = this.#error(n, objective, weight.error / n) / n;
    const kl = this.kl(n).reduce((a, b) => a + b, 0) / n;
    return { error, kl, loss: weight.error * error + (weight.kl && weight.kl * kl) };
  }

  /** The same, and the gradients of all parameters. */
  gradients(n, objective) {
    const losses = this.measure(n, objective),
      { layout } = this;
    this.#backward(layout.decoder, layout.z, layout.dZ, n);
    this.#backSample(n, objective, weights(n, layout.inputs, objective).kl / n);
    this.#backward(layout.encoder, layout.centred, null, n);
    return losses;
  }

  /** The head's gradient, from that of z and the KL's own. */
  #backSample(n, { noise, sigmaSlip, cutSlip }, price) {
    const { floats: f, layout } = this,
      { code, latent, eps, dZ } = layout,
      { dY } = layout.encoder.at(-1);
    const share = sigmaSlip ? 1 : 0.5;
    for (let r = 0; r < n; r++) {
      for (let j = 0; j < latent; j++) {
        const [mean, logVar] = this.posterior(r, j);
        const i = r * code + j,
          to = dY + 2 * r * code + j;
        const through = cutSlip ? 0 : f[dZ + i];
        const spread = noise ? share * f[eps + i] * Math.exp(share * logVar) : 0;
        f[to] = through + price * mean;
        f[to + code] = through * spread + (price && price * 0.5 * (Math.exp(logVar) - 1));
      }
    }
  }

  /** One step of Adam on the n pictures in x, n a multiple of 4; gives the losses before it. */
  step(n, objective, rate) {
    const losses = this.gradients(n, objective);
    const { gradient, first, second, count } = this.layout,
      { b1, b2, epsilon } = ADAM;
    this.time++;
    const corrected = rate / (1 - b1 ** this.time),
      root = Math.sqrt(1 - b2 ** this.time);
    this.kernels.adam(0, gradient, first, second, count, corrected, root, b1, b2, epsilon);
    return losses;
  }
}

/** What the loss makes of a nat of reconstruction and of KL. */
function weights(n, inputs, { beta, price, batchSlip, pixelSlip }) {
  return { error: pixelSlip ? 1 / inputs : 1, kl: price ? beta * (batchSlip ? n : 1) : 0 };
}
