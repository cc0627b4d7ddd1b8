import assert from "node:assert/strict";
import { test } from "node:test";

test("ids differ between copies of the script: Jupyter loads one for each widget, a page two", async () => {
  const [one, other] = [await import("../src/dom.js?one"), await import("../src/dom.js?other")];
  assert.notEqual(one.uniqueId, other.uniqueId); // two copies indeed
  assert.notEqual(one.uniqueId(), other.uniqueId());
});
