// A browser may deny a page its storage: cookies are blocked, or the page stands in a frame of a learning platform. The
// theme asks for it all the same, and its search and its colour button would be dead. So this script stands first in the
// head and, where storage is denied, puts one in its place that lasts as long as the page.

(() => {
  function untilThePageCloses() {
    const kept = new Map();
    return {
      get length() {
        return kept.size;
      },
      key: (place) => [...kept.keys()][place] ?? null,
      getItem: (name) => kept.get(String(name)) ?? null,
      setItem: (name, value) => void kept.set(String(name), String(value)),
      removeItem: (name) => void kept.delete(String(name)),
      clear: () => kept.clear(),
    };
  }

  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      if (window[name]) continue;
    } catch {
      // denied: the name alone throws
    }
    Object.defineProperty(window, name, { configurable: true, value: untilThePageCloses() });
  }
})();
