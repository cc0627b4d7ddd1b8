// Bundle the explorers: `npm run build` writes ../static, `node build.mjs FOLDER` another folder.

import { build } from "esbuild";
import { compileConvolve } from "./compile.mjs";

const here = new URL(".", import.meta.url).pathname;
const folder = process.argv[2] ?? `${here}../static`;

/** `import bytes from "virtual:convolve.wasm"`: the compiled src/convolve.ts as a Uint8Array. */
const wasm = {
  name: "wasm",
  setup(task) {
    task.onResolve({ filter: /^virtual:convolve\.wasm$/ }, ({ path }) => ({ path, namespace: "wasm" }));
    task.onLoad({ filter: /.*/, namespace: "wasm" }, async () => ({
      contents: await compileConvolve(),
      loader: "binary",
    }));
  },
};

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  target: "es2022",
  plugins: [wasm],
  logLevel: "warning",
  legalComments: "none",
};

await build({ ...shared, entryPoints: ["src/page.js"], format: "iife", outfile: `${folder}/explorers.js` });
await build({ ...shared, entryPoints: ["src/widget.js"], format: "esm", outfile: `${folder}/explorers.mjs` });
await build({ ...shared, entryPoints: ["src/style.css"], outfile: `${folder}/explorers.css` });
