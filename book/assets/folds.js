// Folds: what follows a question, closed until the reader has guessed, and what goes deeper than the story.
// They are open in the page's source. This script stands in the head and closes them as they come. What a reader
// has opened and chosen is kept while the tab is: who comes back from a link finds the page as it was.

(() => {
  const KEY = `vaelab-folds:${location.pathname}`;
  const folds = new Set();

  function kept() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
    } catch {
      return {}; // a browser that keeps nothing, or something else under our key
    }
  }

  function keep(id, state) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ ...kept(), [id]: { ...kept()[id], ...state } }));
    } catch {
      // private windows and some pages opened from disk
    }
  }

  /** Turn a question's list into buttons; `onChoose(number)` hears the reader, numbers begin with 1. */
  function offer(list, right, onChoose) {
    const said = Object.assign(document.createElement("p"), { className: "verdict" });
    said.setAttribute("role", "status");
    const buttons = [...list.children].map((item, i) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "choice", ariaPressed: "false" });
      const words = document.createElement("span");
      for (const part of [...item.childNodes])
        words.append(...(part.nodeName === "P" ? part.childNodes : [part]));
      button.append(words);
      button.addEventListener("click", () => onChoose(i + 1));
      item.replaceChildren(button);
      return button;
    });
    list.classList.add("live");
    list.after(said);
    return (number) => {
      buttons.forEach((button, i) => {
        button.setAttribute("aria-pressed", String(i + 1 === number));
        button.classList.toggle("right", Boolean(number) && i + 1 === right);
        button.classList.toggle("wrong", i + 1 === number && number !== right);
      });
      const agrees = number === right;
      said.textContent = agrees
        ? "Right. Here is what happens, and why."
        : `Not quite: it is ${right}. Here is what happens, and why.`;
    };
  }

  function meet(fold) {
    folds.add(fold);
    const { open, choice } = kept()[fold.id] ?? {};
    fold.open = Boolean(open);
    fold.addEventListener("toggle", () => keep(fold.id, { open: fold.open }));
    const list = fold.dataset.right && fold.previousElementSibling.querySelector("ol.choices");
    if (!list) return;
    const show = offer(list, Number(fold.dataset.right), (number) => {
      show(number);
      fold.open = true;
      keep(fold.id, { choice: number });
    });
    if (choice) show(choice);
  }

  const look = () => {
    for (const fold of document.querySelectorAll("details.fold")) folds.has(fold) || meet(fold);
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => {
    look();
    observer.disconnect();
    reveal();
  });

  /** A link into a fold opens it. */
  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    // A fold of its own heading stands in a section; a label of that section is an empty span before the fold.
    const section = target?.matches("span") ? target.parentElement : target;
    const heads = (fold) => fold.matches(".deeper") && fold.parentElement === section;
    const leadsInto = (fold) => fold.contains(target) || heads(fold);
    const shut = [...folds].filter((fold) => target && !fold.open && leadsInto(fold));
    for (const fold of shut) fold.open = true;
    if (shut.length) target.scrollIntoView({ behavior: "instant" });
  }
  addEventListener("hashchange", reveal);

  // On paper everything is open.
  let shut = [];
  addEventListener("beforeprint", () => {
    shut = [...folds].filter((fold) => !fold.open);
    for (const fold of shut) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of shut) fold.open = false;
  });
})();
