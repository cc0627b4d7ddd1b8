// Decodes outside a browser, for tests and timing: node run_decoder.mjs JOBS.json OUT.json
//
// JOBS: [{script: path of a file of PageDecoder.script(), key, codes: [[...], ...]}, ...]. OUT: for each job
// {wasm: {rgba: [base64, ...], ms: [...]}, js: ...}.
import { readFile, writeFile } from "node:fs/promises";
import { runInThisContext } from "node:vm";
import { compileConvolve } from "./compile.mjs";
import { makeDecoder } from "./src/decoder.js";

async function run(meta, data, codes, modules) {
  const decoder = await makeDecoder(meta, data, modules);
  const rgba = [],
    ms = [];
  for (const code of codes) {
    const start = performance.now();
    const picture = decoder.decode(code);
    ms.push(performance.now() - start);
    rgba.push(Buffer.from(picture).toString("base64"));
  }
  return { backend: decoder.backend, rgba, ms };
}

const [jobs, out] = process.argv.slice(2);
const modules = [await compileConvolve()];
const results = [];
for (const { script, key, codes } of JSON.parse(await readFile(jobs, "utf8"))) {
  runInThisContext(await readFile(script, "utf8"));
  const { meta, data } = globalThis.vaelabModels[key];
  const bytes = new Uint8Array(Buffer.from(data, "base64"));
  const wasm = await run(meta, bytes, codes, modules);
  results.push({ wasm, js: await run(meta, bytes, codes, []) });
}
await writeFile(out, JSON.stringify(results));
