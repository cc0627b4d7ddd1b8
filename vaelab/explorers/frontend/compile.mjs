// Compiles src/convolve.ts to WebAssembly, in memory.
import { readFile } from "node:fs/promises";
import asc from "assemblyscript/asc";

const flags = "-O3 --converge --noAssert --runtime stub --enable simd --importMemory --outFile out.wasm";

/** The bytes of the compiled module: exports the kernels, imports `env.memory`. */
export async function compileConvolve() {
  const source = await readFile(new URL("src/convolve.ts", import.meta.url), "utf8");
  let wasm;
  const { error, stderr } = await asc.main(["convolve.ts", ...flags.split(" ")], {
    readFile: (name) => (name === "convolve.ts" ? source : null),
    writeFile: (name, contents) => {
      if (name === "out.wasm") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`convolve.ts does not compile: ${error.message}\n${stderr}`);
  return wasm;
}
