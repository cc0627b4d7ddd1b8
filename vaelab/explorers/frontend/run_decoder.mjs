// Decodes outside a browser, for tests and timing: node run_decoder.mjs JOBS.json OUT.json
//
// JOBS: [{script: path of a file of PageDecoder.script(), key, codes: [[...], ...], noise?: [[[...], chance], ...]},
// ...]. OUT: for each job {wasm: {rgba: [base64, ...], ms: [...], drawn: [code, ...], drawing: [ms, ...]}, js: ...}.
import { readFile, writeFile } from "node:fs/promises";
import { runInThisContext } from "node:vm";
import { compile } from "./compile.mjs";
import { makeDecoder } from "./src/decoder.js";

async function run(meta, data, { codes, noise = [] }, modules) {
  const decoder = await makeDecoder(meta, data, modules);
  const rgba = [],
    ms = [];
  for (const code of codes) {
    const start = performance.now();
    const picture = decoder.decode(code);
    ms.push(performance.now() - start);
    rgba.push(Buffer.from(picture).toString("base64"));
  }
  const drawn = [],
    drawing = [];
  for (const [numbers, chance] of noise) {
    const start = performance.now();
    drawn.push(decoder.draw(numbers, chance));
    drawing.push(performance.now() - start);
  }
  return { backend: decoder.backend, rgba, ms, drawn, drawing };
}

const [jobs, out] = process.argv.slice(2);
const modules = [await compile("convolve")];
const results = [];
for (const job of JSON.parse(await readFile(jobs, "utf8"))) {
  const { script, key } = job;
  runInThisContext(await readFile(script, "utf8"));
  const { meta, data } = globalThis.vaelabModels[key];
  const bytes = new Uint8Array(Buffer.from(data, "base64"));
  const wasm = await run(meta, bytes, job, modules);
  results.push({ wasm, js: await run(meta, bytes, job, []) });
}
await writeFile(out, JSON.stringify(results));
