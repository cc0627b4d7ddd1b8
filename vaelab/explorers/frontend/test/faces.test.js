// Paths between codes, sums of vectors and the gauge; tests/test_explorers_faces.py has the Python side.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  along,
  between,
  blend,
  described,
  greatCircle,
  howFar,
  mix,
  moved,
  norm,
  spoken,
  strongest,
} from "../src/latent.js";

const close = (found, wanted) =>
  found.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) < 1e-9, `${found} is not ${wanted}`));

test("a great circle is the closed form, also between codes of different length", () => {
  const at = (degrees) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  close(greatCircle([1, 0], at(90), 1 / 3), at(30));
  close(greatCircle([1, 0], at(120), 0.25), at(30));
  const [x, y] = [Math.sin(Math.PI / 3) * 2, Math.sin(Math.PI / 6) * 5];
  close(greatCircle([2, 0], [0, 5], 1 / 3), [x, y]);
});

test("where no single arc joins two codes, the way is straight", () => {
  close(greatCircle([1, 2], [-1, -2], 0.25), [0.5, 1]);
  close(greatCircle([0, 0], [4, 0], 0.5), [2, 0]);
  close(greatCircle([3, 4], [3, 4], 0.5), [3, 4]);
});

test("four codes lie in the corners as one reads, and between them the blend is bilinear", () => {
  const codes = [
    [1, 0],
    [3, 0],
    [1, 4],
    [7, 8],
  ];
  for (const path of ["straight", "great circle"]) {
    [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ].forEach((corner, k) => close(blend(codes, corner, path), codes[k]));
  }
  close(blend(codes, [0.25, 0.5], "straight"), [(1.5 + 2.5) / 2, (0 + 5) / 2]);
  close(blend(codes.slice(0, 2), [0.5], "straight"), [2, 0]);
});

test("the circle keeps the norm that the straight line loses", () => {
  const codes = [
    [3, 0, 0],
    [0, 3, 0],
    [0, 0, 3],
    [0, 1.8, 2.4],
  ];
  assert.ok(Math.abs(norm(blend(codes, [0.3, 0.6], "great circle")) - 3) < 1e-9);
  assert.ok(norm(blend(codes, [0.3, 0.6], "straight")) < 2.5);
});

test("attribute vectors add up", () => {
  close(
    mix(
      [1, 1],
      [
        [1, 0],
        [2, 4],
      ],
      [-1, 0.5],
    ),
    [1, 3],
  );
});

test("the gauge reads between the steps of its table, and stays inside it", () => {
  const table = [1, 2, 4];
  close(
    [0, 0.5, 1.5, 2].map((at) => between(table, at)),
    [1, 1.5, 3, 4],
  );
  const words = [0.8, 1.3, 2, 9].map((ratio) => howFar(ratio).split(" ")[0]);
  assert.deepEqual(words, ["within", "at", "off", "far"]);
});

test("values are spoken with their sign, or with the end they lead to", () => {
  assert.deepEqual([0.8, -1.25, 0.001].map(spoken), ["plus 0.8", "minus 1.25", "0"]);
  assert.equal(described("dimension 7", -1.5), "dimension 7 minus 1.5");
  assert.equal(described("no smile … smile", 1.5), "1.5 towards smile");
  assert.equal(described("no smile … smile", -0.5), "0.5 towards no smile");
  const dimensions = [0.01, -2, 0.05, 1, 3].map((value, i) => [value, `dimension ${i}`]);
  assert.equal(strongest(dimensions), "dimension 4 plus 3, dimension 1 minus 2, dimension 3 plus 1");
  assert.equal(strongest(dimensions.slice(0, 1)), "the centre of the codes");
});

test("a step along a direction leaves what lies at right angles to it", () => {
  const [z, centre, step, other] = [
    [2, 1, 5],
    [1, 1, 1],
    [0.3, 0.4, 0],
    [-0.8, 0.6, 0],
  ];
  const there = moved(z, centre, step, 2);
  assert.ok(Math.abs(along(there, centre, step) - 2) < 1e-9);
  assert.ok(Math.abs(along(there, centre, other) - along(z, centre, other)) < 1e-9);
  close(moved(there, centre, step, along(z, centre, step)), z);
  close(moved(z, centre, [0, 0.5, 0], 3), [2, 2.5, 5]); // one number
});
