// Hearing of changes, and which keys move things.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrow } from "../src/drag.js";
import { PageModel } from "../src/state.js";
import { put, read, watch } from "../src/traits.js";

test("watch shows at once, at each change, and no more once it is ended", () => {
  const model = new PageModel({ a: 1, b: [1, 2], c: 0 });
  const seen = [];
  const stop = watch(model, ["a", "b"], () => seen.push(read(model, "a", "b")));
  put(model, "a", 2);
  put(model, "b", [1, 2]); // no change
  put(model, "c", 1); // not watched
  stop();
  put(model, "a", 3);
  assert.deepEqual(seen, [
    [1, [1, 2]],
    [2, [1, 2]],
  ]);
});

test("arrow keys move, the browser's own shortcuts with them and other keys do not", () => {
  const press = (key, modifiers) => {
    let kept = false;
    const way = arrow({ key, ...modifiers, preventDefault: () => (kept = true) });
    assert.equal(kept, way !== undefined);
    return way;
  };
  assert.deepEqual(press("ArrowUp", { shiftKey: true }), [0, 1]);
  assert.equal(press("ArrowLeft", { altKey: true }), undefined); // back
  assert.equal(press("Tab"), undefined);
});
