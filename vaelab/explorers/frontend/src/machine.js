/**
 * What runs a network: { kernels, floats, backend, layout: what `plan(fast)` gives }.
 *
 * The compiled kernels, from the first of the `modules` that this browser takes, with `fast` true; else `plain`
 * ones, in JavaScript (of the decoder's: `linear` and `convolve` only). `plan` lays the network out in `size`
 * floats, of which `fills` are [start, numbers].
 */
export async function machine(modules, plan, plain) {
  const module = await firstThatWorks(modules);
  const layout = plan(module !== null);
  const memory = module && new WebAssembly.Memory({ initial: Math.ceil(layout.size / 16384) }); // of 64 KiB
  const floats = memory ? new Float32Array(memory.buffer) : new Float32Array(layout.size);
  for (const [start, numbers] of layout.fills ?? []) floats.set(numbers, start);
  const kernels = module
    ? (await WebAssembly.instantiate(module, { env: { memory } })).exports
    : plain(floats);
  return { kernels, floats, backend: module ? "wasm" : "js", layout };
}

async function firstThatWorks(modules) {
  let reason;
  for (const bytes of modules) {
    try {
      return await WebAssembly.compile(bytes);
    } catch (error) {
      reason = error;
    }
  }
  if (reason) console.info(`vaelab: computing in plain JavaScript, which is slower (${reason.message})`);
  return null;
}
