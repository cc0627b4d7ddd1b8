// Beside each chapter in the book's contents: how many questions of its quiz are answered rightly.

import { ANSWERED, kept } from "./answers.js";
import { h } from "./dom.js";

const LINKS = ".bd-sidebar-primary nav a.reference.internal, article table a.reference.internal";

/** The chapter that an address leads to: ".../06-vae.html#elbo" is "06-vae". */
export const chapterOf = (address) =>
  new URL(address).pathname
    .split("/")
    .pop()
    .replace(/\.html$/, "");

/** What a badge shows and what a screen reader hears, or null without a record. */
export function badgeText(record) {
  if (!Number.isInteger(record?.right) || !(record.total > 0)) return null;
  const { right, total } = record;
  return { seen: right === total ? "✓" : `${right}/${total}`, heard: ` quiz: ${right} of ${total} right` };
}

function recordOf(link) {
  try {
    return kept(chapterOf(link.href));
  } catch {
    return null;
  }
}

function show(link) {
  link.querySelector(".vae-badge")?.remove();
  const text = badgeText(recordOf(link));
  if (!text) return;
  const hidden = h("span", { class: "vae-badge-heard" }, text.heard);
  link.append(h("span", { class: "vae-badge" }, h("span", { "aria-hidden": "true" }, text.seen), hidden));
}

/** Put badges beside the chapters, and keep them up to date. */
export function showProgress() {
  const links = [...new Set(document.querySelectorAll(LINKS))];
  const showAll = () => links.forEach(show);
  showAll();
  document.addEventListener(ANSWERED, showAll);
  addEventListener("storage", showAll); // answers given in another tab
}
