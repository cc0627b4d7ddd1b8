import assert from "node:assert/strict";
import { test } from "node:test";
import { inWords, keep, recall, score } from "../src/answers.js";
import { badgeText, chapterOf } from "../src/progress.js";

const question = (right) => ({ choices: [0, 1, 2].map((i) => ({ right: i === right })) });
const quiz = { name: "06-vae", version: "abc", questions: [question(2), question(0), question(1)] };

function storage() {
  const map = new Map();
  return {
    map,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => map.set(key, value),
    removeItem: (key) => map.delete(key),
  };
}

test("answers are counted and put into words", () => {
  const count = (...answers) => score(quiz.questions, answers);
  assert.deepEqual(count(2, 1, null), { answered: 2, right: 1, total: 3 });
  assert.equal(inWords(count(null, null, null)), "3 questions, none answered yet.");
  assert.equal(inWords(count(2, 1, null)), "1 of 3 right, 1 to go.");
  assert.equal(inWords(count(2, 1, 1)), "2 of 3 right.");
  assert.equal(inWords(count(2, 0, 1)), "3 of 3 right. All of them!");
});

test("answers are kept under the quiz's name, until they are cleared or the questions change", () => {
  const store = storage();
  keep(quiz, [2, 1, null], store);
  assert.deepEqual([...store.map.keys()], ["vaelab-quiz:06-vae"]);
  assert.deepEqual(recall(quiz, store), [2, 1, null]);
  assert.equal(recall({ ...quiz, version: "other" }, store), null);
  keep(quiz, [null, null, null], store);
  assert.equal(store.map.size, 0);
});

test("what was not written by us, and a browser that keeps nothing, are no trouble", () => {
  const store = storage();
  const found = (value) => {
    store.setItem("vaelab-quiz:06-vae", value);
    return recall(quiz, store);
  };
  assert.equal(found("not JSON"), null);
  assert.equal(found("null"), null);
  assert.equal(found(JSON.stringify({ version: "abc", answers: [2, 7, null] })), null);
  assert.equal(found(JSON.stringify({ version: "abc", answers: [2] })), null);
  const forbidden = {
    getItem() {
      throw new Error("SecurityError");
    },
  };
  assert.equal(recall(quiz, forbidden), null);
  keep(quiz, [2, null, null], forbidden);
});

test("a badge belongs to the chapter that its link leads to", () => {
  assert.equal(chapterOf("file:///book/06-vae.html#elbo"), "06-vae");
  assert.deepEqual(badgeText({ right: 1, total: 3 }), { seen: "1/3", heard: " quiz: 1 of 3 right" });
  assert.equal(badgeText({ right: 3, total: 3 }).seen, "✓");
  for (const record of [null, {}, { right: "1", total: 3 }]) assert.equal(badgeText(record), null);
});
