// Bundle the explorers: `npm run build` writes ../static, `node build.mjs FOLDER` another folder.

import { build } from "esbuild";
import { compile } from "./compile.mjs";

const here = new URL(".", import.meta.url).pathname;
const folder = process.argv[2] ?? `${here}../static`;

/** `import text from "wasm:convolve"`: the compiled src/convolve.ts in base64. */
const wasm = {
  name: "wasm",
  setup(task) {
    task.onResolve({ filter: /^wasm:/ }, ({ path }) => ({ path: path.slice(5), namespace: "wasm" }));
    task.onLoad({ filter: /.*/, namespace: "wasm" }, async ({ path }) => ({
      contents: await compile(path),
      loader: "base64",
    }));
  },
};

/** `import text from "worker:lab/worker.js"`: a script for a Worker, bundled, as text. */
const worker = {
  name: "worker",
  setup(task) {
    task.onResolve({ filter: /^worker:/ }, ({ path }) => ({ path: path.slice(7), namespace: "worker" }));
    task.onLoad({ filter: /.*/, namespace: "worker" }, async ({ path }) => {
      const options = { ...shared, entryPoints: [`src/${path}`], format: "iife", write: false };
      const { outputFiles } = await build(options);
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  target: "es2022",
  plugins: [wasm, worker],
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
  { entryPoints: ["src/lab/page.js"], format: "iife", outfile: "lab.js" }, // pages with a lab
  { entryPoints: ["src/lab/lab.css"], outfile: "lab.css" },
  { entryPoints: ["src/lab/widget.js"], format: "esm", outfile: "lab_widget.mjs" },
  { entryPoints: ["src/lab/widget.css"], outfile: "lab_widget.css" },
];
for (const output of outputs) await build({ ...shared, ...output, outfile: `${folder}/${output.outfile}` });
