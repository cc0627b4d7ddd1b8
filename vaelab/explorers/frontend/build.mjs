// Bundle the explorers: `npm run build` writes ../static, `node build.mjs FOLDER` another folder.

import { build } from "esbuild";
import { deflateSync } from "fflate"; // writes the same bytes everywhere, which zlib does not
import { compile } from "./compile.mjs";

const here = new URL(".", import.meta.url).pathname;
const folder = process.argv[2] ?? `${here}../static`;

const deflated = (bytes) => Buffer.from(deflateSync(bytes, { level: 9, mem: 12 }));

/** `import text from "wasm:convolve"`: the compiled src/convolve.ts in base64; "deflated:convolve": deflated. */
const wasm = {
  name: "wasm",
  setup(task) {
    task.onResolve({ filter: /^(wasm|deflated):/ }, ({ path }) => {
      const [namespace, rest] = path.split(":");
      return { path: rest, namespace };
    });
    task.onLoad({ filter: /.*/, namespace: "wasm" }, async ({ path }) => ({
      contents: await compile(path),
      loader: "base64",
    }));
    task.onLoad({ filter: /.*/, namespace: "deflated" }, async ({ path }) => ({
      contents: deflated(await compile(path)),
      loader: "base64",
    }));
  },
};

/** A script or a style sheet of src/, bundled. */
async function bundled(path) {
  const { outputFiles } = await build({
    ...shared,
    entryPoints: [`src/${path}`],
    format: "iife",
    write: false,
  });
  return outputFiles[0];
}

/**
 * `import text from "text:lab/worker.js"`: a script for a Worker, or a style sheet, bundled, as text.
 * `import { bytes, size } from "packed:lab/whole.js"`: a script deflated, in base64, and its size.
 */
const scripts = {
  name: "scripts",
  setup(task) {
    task.onResolve({ filter: /^(text|packed):/ }, ({ path }) => {
      const [namespace, rest] = path.split(":");
      return { path: rest, namespace };
    });
    task.onLoad({ filter: /.*/, namespace: "text" }, async ({ path }) => ({
      contents: (await bundled(path)).text,
      loader: "text",
    }));
    task.onLoad({ filter: /.*/, namespace: "packed" }, async ({ path }) => {
      const whole = (await bundled(path)).contents;
      return {
        contents: JSON.stringify({ bytes: deflated(whole).toString("base64"), size: whole.length }),
        loader: "json",
      };
    });
  },
};

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  target: "es2022",
  plugins: [wasm, scripts],
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
  { entryPoints: ["src/lab/widget.js"], format: "esm", outfile: "lab_widget.mjs" },
  { entryPoints: ["src/lab/widget.css"], outfile: "lab_widget.css" },
];
for (const output of outputs) await build({ ...shared, ...output, outfile: `${folder}/${output.outfile}` });
