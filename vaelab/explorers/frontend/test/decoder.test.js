// The decoder's own sums, and what it says of a file that it cannot use. tests/test_page_decoder.py compares
// it with PyTorch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../compile.mjs";
import { makeDecoder } from "../src/decoder.js";
import { halfToFloat } from "../src/half.js";

const ONE = 0x3c00,
  HALF = 0x3800,
  MINUS_TWO = 0xc000;
const bytes = (...halves) => new Uint8Array(new Uint16Array(halves).buffer);
const meta = (changes) => ({
  format: 2,
  key: "two-pixels",
  latent_dim: 1,
  shape: [1, 1, 2],
  layers: [
    { type: "linear", outputs: 2 },
    { type: "unflatten", shape: [1, 1, 2] },
  ],
  ...changes,
});
const data = bytes(ONE, HALF, 0, HALF); // first pixel z, second 1/2 z + 1/2

test("16-bit floats of every kind", () => {
  const found = halfToFloat(bytes(ONE, MINUS_TWO, 0, 0x8000, 0x0001, 0x83ff, 0x7bff));
  assert.deepEqual([...found], [1, -2, 0, -0, 2 ** -24, -1023 * 2 ** -24, 65504]);
  assert.equal(halfToFloat(new Uint8Array([9, ...bytes(ONE)]).subarray(1))[0], 1); // at an odd address
});

test("both ways of running draw the same grey pixels, clamped, into new arrays", async () => {
  for (const [modules, backend] of [
    [[await compile("convolve")], "wasm"],
    [[], "js"],
  ]) {
    const decoder = await makeDecoder(meta(), data, modules);
    const { width, height, channels } = decoder;
    assert.deepEqual(
      { width, height, channels, backend: decoder.backend },
      {
        width: 2,
        height: 1,
        channels: 1,
        backend,
      },
    );
    const first = decoder.decode([0.2]);
    assert.deepEqual([...first], [51, 51, 51, 255, 153, 153, 153, 255]);
    assert.deepEqual([...decoder.decode([-7])], [0, 0, 0, 255, 0, 0, 0, 255]);
    assert.equal(first[0], 51);
    assert.throws(() => decoder.decode([1, 2]), /codes of 1 numbers, not 2/);
  }
});

test("plain JavaScript takes over, and says so, where WebAssembly does not work", async (t) => {
  const info = t.mock.method(console, "info", () => {});
  const decoder = await makeDecoder(meta(), data, [new Uint8Array(8)]);
  assert.equal(decoder.backend, "js");
  assert.equal(decoder.decode([1])[0], 255);
  assert.match(info.mock.calls[0].arguments[0], /plain JavaScript/);
});

const [linear, unflatten] = meta().layers;
const broken = {
  "in format undefined, this page reads 2": [{ format: undefined }],
  "in format 1, this page reads 2": [{ format: 1 }],
  "list of layers is missing": [{ layers: undefined }],
  'knows no layer "attention"': [{ layers: [linear, { type: "attention" }] }],
  'knows no layer "constructor"': [{ layers: [{ type: "constructor" }] }],
  "layers do not fit together": [{ layers: [linear, { type: "conv", outputs: 1 }] }],
  "6 bytes are too few": [{}, data.subarray(0, 6)],
  "7 bytes are too few": [{}, data.subarray(0, 7)],
  "8 bytes are too few": [{ layers: [{ type: "linear" }, unflatten] }],
  "9 bytes where 8 are right": [{}, new Uint8Array(9)],
  "make no such picture": [{ shape: [1, 2, 1] }],
  "cannot be used: the layers": [{ layers: [linear, { type: "unflatten", shape: [3, 1, 2] }] }],
};
for (const [reason, [changes, numbers = data]] of Object.entries(broken)) {
  test(`broken weights: ${reason}`, async () => {
    await assert.rejects(makeDecoder(meta(changes), numbers), (error) => {
      assert.match(error.message, /The weights of two-pixels cannot be used/);
      assert.ok(error.message.includes(reason), error.message);
      return true;
    });
  });
}

test("no description at all", async () => {
  await assert.rejects(makeDecoder(undefined, data), /weights of this model cannot be used/);
});
