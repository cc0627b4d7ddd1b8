// Self-check questions: choose, and read at once what is right or which misconception it was.

import { ANSWERED, inWords, keep, recall, score } from "./answers.js";
import { button } from "./controls.js";
import { h, uniqueId } from "./dom.js";
import { put, read } from "./traits.js";

/** An element whose content is HTML of our own making: escaped text, <code>, <em> and MathML. */
function rich(tag, attributes, html) {
  const el = h(tag, attributes);
  el.innerHTML = html;
  return el;
}

/** One question: { el, first, show(answer) }; `onChoose(number)` hears the reader. */
function card({ text, choices }, number, onChoose) {
  const name = uniqueId();
  const inputs = choices.map((_, i) =>
    h("input", { type: "radio", name, id: `${name}-${i}`, onchange: () => onChoose(i) }),
  );
  const marks = choices.map(() => h("span", { class: "vae-mark", "aria-hidden": "true" }));
  const labels = choices.map((choice, i) => rich("label", { for: `${name}-${i}` }, choice.text));
  const options = choices.map((_, i) => h("div", { class: "vae-option" }, inputs[i], labels[i], marks[i]));
  const why = h("p", { class: "vae-why", role: "status" });
  const legend = rich("legend", {}, text);
  legend.prepend(`${number}. `);
  const el = h("fieldset", { class: "vae-question" }, legend, options, why);

  function show(answer) {
    choices.forEach(({ right }, i) => {
      inputs[i].checked = i === answer;
      marks[i].textContent = i !== answer ? "" : right ? "✓" : "✗";
      options[i].classList.toggle("vae-right", i === answer && right);
      options[i].classList.toggle("vae-wrong", i === answer && !right);
    });
    const chosen = choices[answer];
    why.replaceChildren();
    if (!chosen) return;
    const verdict = h("strong", {}, chosen.right ? "Right. " : "Not quite. ");
    why.append(verdict, rich("span", {}, chosen.why));
  }
  return { el, first: inputs[0], show };
}

/** The quiz: answers are kept in the reader's browser, and in the notebook's widget. */
export function mount({ model, el }) {
  const [name, version, questions] = read(model, "name", "version", "questions");
  const quiz = { name, version, questions };
  const total = h("p", { class: "vae-score", role: "status" });
  const again = button("Start again", () => {
    put(
      model,
      "answers",
      questions.map(() => null),
    );
    cards[0].first.focus();
  });

  const cards = questions.map((question, i) =>
    card(question, i + 1, (choice) => {
      const answers = model.get("answers").map((old, j) => (j === i ? choice : old));
      put(model, "answers", answers);
    }),
  );

  let shown = [];
  function show() {
    const answers = model.get("answers");
    cards.forEach((one, i) => answers[i] === shown[i] || one.show(answers[i]));
    shown = answers;
    const result = score(questions, answers);
    total.textContent = inWords(result);
    again.hidden = !result.answered;
  }
  function changed() {
    show();
    keep(quiz, model.get("answers"));
    document.dispatchEvent(new Event(ANSWERED));
  }

  const before = recall(quiz);
  if (before) put(model, "answers", before);
  show();
  model.on("change:answers", changed);
  const foot = h("div", { class: "vae-row vae-quiz-foot" }, total, again);
  el.append(...cards.map((one) => one.el), foot);
  return () => model.off("change:answers", changed);
}
