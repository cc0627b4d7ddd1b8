import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { inflate } from "../src/inflate.js";
import { uniform } from "../src/random.js";

test("what zlib deflated is made whole", () => {
  const next = uniform(1);
  const skewed = Uint8Array.from({ length: 200_000 }, () => 256 * next() ** 3); // several blocks
  const runs = new TextEncoder().encode(`${"a".repeat(3000)}bcd${"·β".repeat(20_000)}e`); // far and long
  const script = readFileSync(new URL("../../static/explorers.js", import.meta.url));
  for (const bytes of [skewed, runs, script]) {
    assert.deepEqual(Buffer.from(inflate(deflateRawSync(bytes), bytes.length)), Buffer.from(bytes));
  }
});

test("damaged bytes are told of", () => {
  const text = new TextEncoder().encode("Not the same twice, never quite the same twice.".repeat(99));
  const bytes = deflateRawSync(text);
  assert.throws(() => inflate(bytes.subarray(1), text.length), /damaged/);
  assert.throws(() => inflate(bytes, text.length - 9), /damaged/);
});
