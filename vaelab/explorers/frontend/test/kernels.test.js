// The fast kernels against the plain ones, which say what is meant.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../compile.mjs";
import { plainKernels } from "../src/kernels.js";
import { layOut } from "../src/layout.js";
import { machine } from "../src/machine.js";
import { modulesOf } from "../src/modules.js";
import { uniform } from "../src/random.js";

const simd = await compile("convolve");
const modules = modulesOf(simd).filter((bytes) => WebAssembly.validate(bytes)); // Node.js before 21: one only

test("the faster module has its instruction in the inner loops, and is a module where that is known", () => {
  const [fast] = modulesOf(simd);
  const changed = fast.filter((byte, i) => byte !== simd[i]).length / 4;
  assert.equal(changed, 26); // 4 in `linear`, 8 + 4 in `convolve`, 8 in `multiply`, 2 in `curve`
  assert.ok(modules.length === 2 || Number(process.versions.node.split(".")[0]) < 21);
});

/** Everything that comes out of the layers, in plain JavaScript and in each of the modules. */
async function results(shape, outputs, layers, numbers) {
  const next = uniform(numbers);
  const halves = Uint16Array.from(
    { length: numbers },
    () => (next() < 0.5 ? 0x8000 : 0) | (0x2c00 + next() * 0x800),
  );
  const start = [
    { type: "linear", outputs: shape[0] * shape[1] * shape[2] },
    { type: "unflatten", shape },
  ];
  const meta = { format: 2, key: "test", latent_dim: 1, shape: outputs, layers: [...start, ...layers] };
  const found = [];
  for (const module of [[], ...modules.map((one) => [one])]) {
    const { kernels, floats, layout } = await machine(
      module,
      (fast) => layOut(meta, new Uint8Array(halves.buffer), fast),
      plainKernels,
    );
    floats[layout.input] = 0.7;
    for (const step of layout.steps) step(kernels, floats);
    const { start, row, pixel, channels, height, width } = layout.output;
    const numbers = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) numbers.push(floats[start + y * row + x * pixel + c]);
      }
    }
    found.push(numbers);
  }
  return found;
}

const cases = {
  "a convolution": [[5, 4, 6], [9, 4, 6], [{ type: "conv", outputs: 9, slope: 0.3 }], 9 * 45 + 9],
  "one of odd height": [[3, 5, 4], [2, 5, 4], [{ type: "conv", outputs: 2 }], 9 * 6 + 2],
  "one square only": [[4, 2, 2], [1, 2, 2], [{ type: "conv", outputs: 1, slope: 0.5 }], 9 * 4 + 1],
  "more squares than are worked on together": [
    [3, 10, 38],
    [4, 10, 38],
    [{ type: "conv", outputs: 4 }],
    9 * 12 + 4,
  ],
  "rows in groups, the last one smaller": [[2, 14, 8], [3, 14, 8], [{ type: "conv", outputs: 3 }], 9 * 6 + 3],
  doubling: [[6, 3, 5], [17, 6, 10], [{ type: "upconv", outputs: 17, slope: 0.2 }], 9 * 102 + 17],
  "a residual block that begins in place": [
    [3, 4, 4],
    [3, 4, 4],
    [{ type: "residual", layers: [{ type: "silu" }, { type: "conv", outputs: 3 }] }, { type: "sigmoid" }],
    9 * 9 + 3,
  ],
  "channels to pixels": [
    [2, 2, 4],
    [3, 4, 8],
    [{ type: "conv", outputs: 12 }, { type: "shuffle", factor: 2 }, { type: "silu" }],
    9 * 24 + 12,
  ],
};
for (const [name, [shape, outputs, layers, numbers]] of Object.entries(cases)) {
  test(`fast and plain give the same: ${name}`, async () => {
    const [plain, ...fast] = await results(
      shape,
      outputs,
      layers,
      2 * shape[0] * shape[1] * shape[2] + numbers,
    );
    assert.ok(Math.max(...plain) - Math.min(...plain) > 0.01, "nothing to compare");
    const size = Math.max(...plain.map(Math.abs));
    for (const found of fast) {
      found.forEach((value, i) =>
        assert.ok(Math.abs(value - plain[i]) < 2e-6 * size, `${i}: ${value}, ${plain[i]}`),
      );
    }
  });
}

test("sigmoid and SiLU are exact to six digits, and hold far out", async () => {
  for (const module of modules) {
    const memory = { size: 32, fills: [] };
    for (const alone of [true, false]) {
      const { kernels, floats } = await machine([module], () => memory);
      const values = [-1e30, -200, -88, -20, -5.5, -1, -1e-3, 0, 1e-3, 0.3466, 1, 5.5, 20, 88, 200, 1e30];
      floats.set(values);
      kernels.curve(0, 16, alone);
      values.forEach((v, i) => {
        const exact = (alone ? 1 : v) / (1 + Math.exp(-v));
        const error = Math.abs(floats[i] - exact) / (Math.abs(exact) + 1e-3);
        assert.ok(error < 1e-6 || Math.abs(v) > 87, `${v}: ${floats[i]}, not ${exact}`);
        assert.ok(Number.isFinite(floats[i]), `${v}: ${floats[i]}`);
      });
    }
  }
});
