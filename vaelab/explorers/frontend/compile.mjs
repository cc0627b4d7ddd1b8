// Compiles AssemblyScript to WebAssembly, in memory.
import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const flags = "-O3 --converge --noAssert --runtime stub --enable simd --importMemory --outFile out.wasm";

function read(name) {
  try {
    return readFileSync(new URL(`src/${name}`, import.meta.url), "utf8");
  } catch {
    return null; // asc looks in several places
  }
}

/** The bytes of a compiled module of src/, "convolve" or "lab/kernels": exports kernels, imports `env.memory`. */
export async function compile(name) {
  let wasm;
  const { error, stderr } = await asc.main([`${name}.ts`, ...flags.split(" ")], {
    readFile: read,
    writeFile: (file, contents) => {
      if (file === "out.wasm") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${name}.ts does not compile: ${error.message}\n${stderr}`);
  return wasm;
}
