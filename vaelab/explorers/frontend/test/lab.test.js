// The lab's VAE by itself: gradients by finite differences, the fast kernels against the plain ones, its trainer.
// tests/test_lab_engine.py compares it with PyTorch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../compile.mjs";
import { CHALLENGES, judge } from "../src/lab/challenges.js";
import { ellipses } from "../src/lab/marks.js";
import { plainKernels } from "../src/lab/plain.js";
import { Trainer } from "../src/lab/trainer.js";
import { OBJECTIVE, planVae, Vae } from "../src/lab/vae.js";
import { machine } from "../src/machine.js";
import { modulesOf } from "../src/modules.js";
import { normal, uniform } from "../src/random.js";

const simd = await compile("lab/kernels");
const modules = modulesOf(simd).filter((bytes) => WebAssembly.validate(bytes)); // Node.js before 21: one only

const SHAPE = { inputs: 16, hidden: [8, 16], latent: 3, rows: 8 };
const OBJECTIVES = [
  {},
  { beta: 3 },
  { noise: false, price: false },
  { likelihood: "gaussian", sigma: 0.4 },
  { sigmaSlip: true },
  { batchSlip: true },
  { pixelSlip: true },
];

/** A VAE with pictures and noise in place. */
function filled(kernels, floats, layout, seed = 1) {
  const vae = new Vae(kernels, floats, layout),
    next = uniform(seed),
    draw = normal(next);
  vae.slope = 0.2;
  vae.begin(next);
  const { x, eps, rows, inputs, latent, code } = layout;
  for (let i = 0; i < rows * inputs; i++) floats[x + i] = next();
  for (let r = 0; r < rows; r++) for (let j = 0; j < latent; j++) floats[eps + r * code + j] = draw();
  return vae;
}

test("gradients are what finite differences say, for every objective", () => {
  for (const change of OBJECTIVES) {
    const objective = { ...OBJECTIVE, ...change },
      layout = planVae(SHAPE),
      floats = new Float64Array(layout.size);
    const vae = filled(plainKernels(floats), floats, layout);
    vae.gradients(8, objective);
    const gradients = floats.slice(layout.gradient, layout.gradient + layout.count);
    let largest = 0;
    for (let i = 0; i < layout.count; i += 3) {
      const loss = (shift) => {
        const kept = floats[i];
        floats[i] = kept + shift;
        const { loss: found } = vae.measure(8, objective);
        floats[i] = kept;
        return found;
      };
      if (floats[i] === 0) continue; // padding
      const expected = (loss(1e-5) - loss(-1e-5)) / 2e-5;
      assert.ok(Math.abs(gradients[i] - expected) < 1e-5, `${JSON.stringify(change)}: ${i}`);
      largest = Math.max(largest, Math.abs(expected));
    }
    assert.ok(largest > 0.02, "there is something to compare");
  }
});

test("with the gradient cut at z, the encoder feels the KL alone", () => {
  const layout = planVae(SHAPE),
    floats = new Float64Array(layout.size),
    vae = filled(plainKernels(floats), floats, layout);
  const first = () => floats[layout.gradient + layout.encoder[0].weights];
  vae.gradients(8, { ...OBJECTIVE, cutSlip: true, price: false });
  assert.equal(first(), 0);
  vae.gradients(8, { ...OBJECTIVE, cutSlip: true });
  assert.notEqual(first(), 0);
});

test("the fast kernels take the steps of the plain ones, and leave what lies beyond alone", async () => {
  const shapes = [
    SHAPE,
    { inputs: 24, hidden: [32], latent: 1, rows: 12 },
    { inputs: 8, hidden: [8], latent: 9, rows: 4 },
  ];
  for (const shape of shapes) {
    for (const likelihood of ["bernoulli", "gaussian"]) {
      const found = [];
      for (const list of [[], ...modules.map((one) => [one])]) {
        const { kernels, floats, layout } = await machine(list, () => planVae(shape), plainKernels);
        const vae = filled(kernels, floats, layout);
        const losses = [];
        for (let t = 0; t < 20; t++)
          losses.push(vae.step(shape.rows, { ...OBJECTIVE, likelihood }, 1e-3).loss);
        const { middle, inputs } = layout;
        assert.ok(floats.subarray(middle, middle + inputs).every((value) => value === 0));
        found.push([...losses, ...vae.numbers()]);
      }
      for (const fast of found.slice(1)) {
        fast.forEach((value, i) =>
          assert.ok(Math.abs(value - found[0][i]) < 1e-5 * Math.max(1, Math.abs(value))),
        );
      }
    }
  }
});

test("the faster module has its instruction in the matrix product", () => {
  const [fast] = modulesOf(simd);
  assert.ok(fast.filter((byte, i) => byte !== simd[i]).length / 4 >= 8);
});

test("weights go out and come back", () => {
  const layout = planVae(SHAPE),
    floats = new Float32Array(layout.size),
    vae = filled(plainKernels(floats), floats, layout);
  const numbers = vae.numbers();
  vae.step(8, OBJECTIVE, 1e-2);
  assert.notDeepEqual(vae.numbers(), numbers);
  vae.load(numbers);
  assert.deepEqual(vae.numbers(), numbers);
  assert.throws(() => vae.load(numbers.slice(1)), /parameters, not/);
});

// ---- the trainer ----

const SMALL = { hidden: [16], latent: 2, batch: 8, rate: 5e-3 };

/** Noise as pictures: 8 unseen and 40 to learn from, of two kinds. */
function noise() {
  const next = uniform(5),
    labels = Uint8Array.from({ length: 48 }, (_, i) => i % 2);
  const pixels = Uint8Array.from({ length: 48 * 16 }, (_, i) => 255 * next() ** (1 + labels[i >> 4]));
  return { shape: [1, 4, 4], names: ["pale", "dark"], pixels, labels, held: 8 };
}

async function trained(settings, look, steps = 12) {
  const trainer = await Trainer.open(modules, noise(), { ...SMALL, ...settings });
  for (let t = 0; t < steps; t++) {
    trainer.step();
    if (look) trainer.shot();
  }
  return trainer;
}

test("the same seed trains the same network, however often one looks", async () => {
  const [still, watched, other] = [await trained({}), await trained({}, true), await trained({ seed: 1 })];
  assert.deepEqual(watched.weights().numbers, still.weights().numbers);
  assert.notDeepEqual(other.weights().numbers, still.weights().numbers);
  await watched.restart();
  for (let t = 0; t < 12; t++) watched.step();
  assert.deepEqual(watched.weights().numbers, still.weights().numbers);
});

test("an epoch shows every picture once", async () => {
  const trainer = await trained({}, false, 0);
  const seen = [];
  for (let t = 0; t < trainer.epoch; t++) {
    const before = trainer.order.length || 40;
    trainer.step();
    seen.push(before - trainer.order.length);
  }
  assert.deepEqual(seen, [8, 8, 8, 8, 8]);
  assert.equal(trainer.order.length, 0);
});

test("a change of sizes starts anew, one of beta does not", async () => {
  const trainer = await trained({});
  await trainer.change({ beta: 4 });
  assert.equal(trainer.time, 12);
  await trainer.change({ latent: 5 });
  assert.equal(trainer.time, 0);
  assert.equal(trainer.shot().unitKl.length, 5);
});

test("a warm-up lets beta grow to what it is", async () => {
  const trainer = await trained({ beta: 2, warmUp: 10 }, false, 0);
  const betas = [];
  for (let t = 0; t < 12; t++) {
    betas.push(trainer.beta);
    trainer.step();
  }
  assert.deepEqual(betas.slice(0, 2), [0.2, 0.4]);
  assert.deepEqual(betas.slice(9), [2, 2, 2]);
});

test("unseen losses are by the right formula, and training losses as they are trained", async () => {
  const right = await trained({ noise: true }),
    slip = await trained({});
  slip.settings = { ...slip.settings, sigmaSlip: true };
  const [a, b] = [right.shot().unseen, slip.shot().unseen];
  assert.deepEqual({ error: a.error, kl: a.kl }, { error: b.error, kl: b.kl });
});

test("a shot tells what is there", async () => {
  const trainer = await trained({ latent: 2 });
  trainer.picture = new Uint8Array(16).fill(128);
  const shot = trainer.shot();
  assert.equal(shot.codes.length, 16);
  assert.equal(shot.plane.length, shot.grid ** 2 * 16);
  assert.equal(shot.samples.length, 12 * 16);
  assert.equal(shot.mine.draws.length, 80);
  const sum = shot.unitKl.reduce((p, q) => p + q, 0);
  assert.ok(Math.abs(sum - shot.unseen.kl) < 1e-4 * sum);
  assert.ok(shot.named >= 0 && shot.named <= 1 && shot.alive <= 16);
});

test("a network from elsewhere brings the picture along that it takes from each", async () => {
  const set = (seed) => {
    const next = uniform(seed),
      pixels = Uint8Array.from({ length: 48 * 48 }, () => 255 * next() ** seed);
    return { ...noise(), shape: [3, 4, 4], pixels };
  };
  const [one, other] = await Promise.all([1, 4].map((seed) => Trainer.open(modules, set(seed), SMALL)));
  one.step();
  const seen = (trainer) => Object.assign(trainer, { picture: new Uint8Array(48).fill(90) }).mine().mean;
  const expected = seen(one);
  assert.notDeepEqual(seen(other), expected);
  await other.load(one.weights());
  assert.deepEqual(seen(other), expected);
  await other.load({ ...one.weights(), middle: new Float32Array(48) });
  assert.notDeepEqual(seen(other), expected);
});

test("a single number's neighbours are told by that number, not by the classes that spread it out", async () => {
  const trainer = await trained({ latent: 1 }, false, 0);
  assert.ok(trainer.shot().named < 1);
});

test("numbers that run away are told of", async () => {
  const trainer = await trained({ rate: 1e30 }, false, 0);
  assert.throws(() => {
    for (let t = 0; t < 50; t++) trainer.step();
  }, /run away/);
});

// ---- the challenges ----

const WHOLE = { latent: 2, noise: true, price: true, beta: 1 };

/** Whether the challenge of this name is done after shots of [step, what else, settings]. */
function judged(name, ...shots) {
  const done = judge(CHALLENGES.find((one) => one.name === name));
  const shown = { units: 128, alive: 48, extent: 3, beta: 1, named: 0.8, unseen: { kl: 6 }, codes: [1, 1] };
  return shots.map(([step, shot, settings]) => done({ ...shown, step, ...shot }, { ...WHOLE, ...settings }));
}

test("sleepers must live at the full price, soon, and be 32", () => {
  const units = (live) => ({ unitKl: Array.from({ length: 32 }, (_, j) => (j < live ? 1 : 0)) }),
    after = (step, shot, settings) =>
      judged("Wake the sleepers", [0, units(32), settings], [step, shot, settings])[1];
  assert.ok(after(400, units(29), { latent: 32 }));
  assert.ok(!after(400, units(21), { latent: 32 }));
  assert.ok(!after(400, { ...units(29), beta: 0.4 }, { latent: 32 }));
  assert.ok(!after(400, units(29), { latent: 32, price: false }));
  assert.ok(!after(400, { unitKl: [1, 1] }, { latent: 2 }));
  assert.ok(!after(2000, units(32), { latent: 32 }));
});

test("a switch just turned does not solve a challenge by what was learned before it", () => {
  const near = { codes: [1, 1, -2, 0, 0.5, 2] };
  const found = judged(
    "An autoencoder that can invent",
    [400, near],
    [410, near, { noise: false }],
    [720, near, { noise: false }],
    [10, near, { noise: false }],
  );
  assert.deepEqual(found, [false, false, true, false]);
  const wide = { extent: 9 },
    free = { price: false };
  assert.deepEqual(
    judged("What the price pays for", [400, wide, { noise: false }], [410, wide, free], [460, wide, free]),
    [false, false, true],
  );
});

test("a healthy network was never a false friend, nor is a new one", () => {
  const alive = (...steps) => judged("The false friend", ...steps.map(([step, n]) => [step, { alive: n }]));
  assert.deepEqual(alive([100, 48], [700, 48]), [false, false]);
  assert.deepEqual(alive([300, 5], [450, 5], [700, 42]), [false, false, true]);
  assert.deepEqual(alive([300, 5], [0, 100], [100, 100]), [false, false, false]);
});

test("the plane of a single number has one axis", async () => {
  const { axes } = (await trained({ latent: 1 }, false, 0)).shot();
  assert.deepEqual([...axes], [0]);
});

test("a posterior's ellipse reaches two standard deviations, so that a narrow one is seen beside its dot", () => {
  const drawn = [];
  const context = {
    save() {},
    restore() {},
    beginPath() {},
    stroke() {},
    ellipse: (...all) => drawn.push(all.slice(0, 4)),
  };
  const view = { at: (x, y) => [100 + 40 * x, 100 - 40 * y], scale: 40, colours: ["#000000"] };
  ellipses(context, view, { dots: [1, 0.5], spreads: [0.05, 0.1], labels: [0] });
  assert.deepEqual(drawn, [[140, 80, 4, 8]]);
});
