// A formula on a line of its own that is a little too wide for a phone shrinks, to four fifths at most. Wider ones scroll,
// and are better broken by hand.

(() => {
  const LEAST = 0.8;
  const widths = new WeakMap(); // of the line, when its formula was fitted last

  function fit(line) {
    if (widths.get(line) === line.clientWidth) return;
    widths.set(line, line.clientWidth);
    line.style.fontSize = "";
    for (let size = 1, tries = 0; line.scrollWidth > line.clientWidth && size > LEAST && tries < 3; tries++) {
      size = Math.max(LEAST, (0.99 * size * line.clientWidth) / line.scrollWidth); // not all of it shrinks alike
      line.style.fontSize = `${100 * size}%`;
    }
  }

  const observer = new ResizeObserver((entries) =>
    requestAnimationFrame(() => {
      for (const { target } of entries) fit(target);
    }),
  );
  addEventListener("load", async () => {
    await globalThis.MathJax?.startup?.promise;
    for (const line of document.querySelectorAll("mjx-container[display]")) observer.observe(line);
  });
})();
