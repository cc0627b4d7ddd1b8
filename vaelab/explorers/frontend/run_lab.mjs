// Trains outside a browser, for tests and timing: node run_lab.mjs JOBS.json OUT.json
//
// JOBS: [{shape, slope, objective, rate, start, pictures, noise, middle, backends}, ...]: see src/lab/vae.js; start to
// middle are paths of files of 32-bit floats, `pictures` (steps, rows, inputs) and `noise` (steps, rows, latent).
// OUT: for each job and backend {losses: [{error, kl, loss}, ...], gradients: of the first step, numbers: at the end,
// seconds}.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "./compile.mjs";
import { plainKernels } from "./src/lab/plain.js";
import { OBJECTIVE, planVae, Vae } from "./src/lab/vae.js";
import { machine } from "./src/machine.js";

async function floatsOf(path) {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

async function run(job, modules) {
  const { shape, rate } = job,
    { rows, inputs, latent } = shape;
  const plan = () => planVae(shape);
  const { kernels, floats, backend, layout } = await machine(modules, plan, plainKernels);
  const vae = new Vae(kernels, floats, layout);
  const [pictures, noise, middle] = await Promise.all([job.pictures, job.noise, job.middle].map(floatsOf));
  vae.slope = job.slope;
  vae.begin(() => 0.5);
  vae.load(await floatsOf(job.start));
  floats.set(middle, layout.middle);
  const objective = { ...OBJECTIVE, ...job.objective };
  const losses = [];
  let gradients;
  const start = performance.now();
  for (let t = 0, steps = pictures.length / rows / inputs; t < steps; t++) {
    floats.set(pictures.subarray(t * rows * inputs, (t + 1) * rows * inputs), layout.x);
    for (let r = 0; r < rows; r++) {
      const at = (t * rows + r) * latent;
      floats.set(noise.subarray(at, at + latent), layout.eps + r * layout.code);
    }
    losses.push(vae.step(rows, objective, rate));
    gradients ??= [...vae.numbers(true)];
  }
  const seconds = (performance.now() - start) / 1000;
  return { backend, losses, gradients, numbers: [...vae.numbers()], seconds };
}

const [jobs, out] = process.argv.slice(2);
const modules = { wasm: [await compile("lab/kernels")], js: [] };
const results = [];
for (const job of JSON.parse(await readFile(jobs, "utf8"))) {
  const found = {};
  for (const name of job.backends ?? ["wasm", "js"]) found[name] = await run(job, modules[name]);
  results.push(found);
}
await writeFile(out, JSON.stringify(results));
