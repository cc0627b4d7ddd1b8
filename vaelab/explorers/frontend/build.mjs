// Bundle the explorers: `npm run build` writes ../static, `node build.mjs FOLDER` another folder.

import { build } from "esbuild";
import { compileConvolve } from "./compile.mjs";

const here = new URL(".", import.meta.url).pathname;
const folder = process.argv[2] ?? `${here}../static`;

/** `import text from "virtual:convolve.wasm"`: the compiled src/convolve.ts in base64. */
const wasm = {
  name: "wasm",
  setup(task) {
    task.onResolve({ filter: /^virtual:convolve\.wasm$/ }, ({ path }) => ({ path, namespace: "wasm" }));
    task.onLoad({ filter: /.*/, namespace: "wasm" }, async () => ({
      contents: await compileConvolve(),
      loader: "base64",
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

const outputs = [
  { entryPoints: ["src/page.js"], format: "iife", outfile: "explorers.js" }, // pages with explorers
  { entryPoints: ["src/quizzes.js"], format: "iife", outfile: "quizzes.js" }, // every page
  { entryPoints: ["src/style.css"], outfile: "explorers.css" },
  { entryPoints: ["src/quiz.css"], outfile: "quizzes.css" },
  { entryPoints: ["src/widget.js"], format: "esm", outfile: "widget.mjs" }, // JupyterLab: both
  { entryPoints: ["src/widget.css"], outfile: "widget.css" },
];
for (const output of outputs) await build({ ...shared, ...output, outfile: `${folder}/${output.outfile}` });
