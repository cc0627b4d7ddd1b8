// A reader's answers: counted, put into words, and kept in this browser. Nothing leaves it.

/** The event on `document` that tells of new answers. */
export const ANSWERED = "vaelab-answered";

const keyOf = (name) => `vaelab-quiz:${name}`;

/** How many of the questions are answered, and how many of them rightly. */
export function score(questions, answers) {
  const given = answers.filter((answer) => answer !== null);
  const right = questions.filter(({ choices }, i) => choices[answers[i]]?.right);
  return { answered: given.length, right: right.length, total: questions.length };
}

/** The score as a sentence. */
export function inWords({ answered, right, total }) {
  if (!answered) return `${total} questions, none answered yet.`;
  if (right === total) return `${right} of ${total} right. All of them!`;
  const left = total - answered;
  return `${right} of ${total} right${left ? `, ${left} to go` : ""}.`;
}

/** Is this a list of answers to these questions: a choice's number or null for each? */
const fits = (answers, questions) =>
  Array.isArray(answers) &&
  answers.length === questions.length &&
  answers.every((answer, i) => answer === null || answer in questions[i].choices);

/** What a browser has kept of the quiz called `name`: { version, answers, right, total }, or null. */
export function kept(name, store = globalThis.localStorage) {
  return JSON.parse(store.getItem(keyOf(name)));
}

/** The kept answers, if they are answers to these questions; otherwise null. */
export function recall({ name, version, questions }, store) {
  try {
    const found = kept(name, store);
    return found?.version === version && fits(found.answers, questions) ? found.answers : null;
  } catch {
    return null; // a browser that keeps nothing, or something else under our key
  }
}

/** Keep answers. Where a browser keeps nothing they last as long as the page. */
export function keep({ name, version, questions }, answers, given) {
  const { right, answered, total } = score(questions, answers);
  try {
    const store = given ?? globalThis.localStorage; // the name alone may throw
    if (answered) store.setItem(keyOf(name), JSON.stringify({ version, answers, right, total }));
    else store.removeItem(keyOf(name));
  } catch {
    // private windows and some pages opened from disk
  }
}
