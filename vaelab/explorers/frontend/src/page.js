// Explorers in a built page: no kernel, no server. A plain script, as pages opened from disk load no modules.

import { start } from "./frame.js";
import { showProgress } from "./progress.js";
import { PageModel } from "./state.js";
import { openDecoder } from "./transport.js";

// Where this script lies, the folder models/ lies too. Read now: later it is not known.
const home = document.currentScript.src;

const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function runScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error("The model's weights could not be loaded: the file is missing."));
    document.head.append(script);
  });
}

async function loadWeights(key) {
  if (!key) throw new Error("This model's decoder runs in a notebook only.");
  if (!globalThis.vaelabModels?.[key]) await runScript(new URL(`models/${key}.js`, home).href);
  const found = globalThis.vaelabModels?.[key];
  if (!found) throw new Error("The file with the model's weights is damaged: build the page again.");
  try {
    return { meta: found.meta, data: fromBase64(found.data) };
  } catch {
    throw new Error("The file with the model's weights is damaged: build the page again.");
  }
}

function wake(el) {
  const model = new PageModel(JSON.parse(el.dataset.spec));
  start({ model, el, open: (m, report) => openDecoder(m, { loadWeights }, report) });
}

// An explorer wakes when it comes near the window; its model is not loaded before.
const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      wake(target);
    }
  },
  { rootMargin: "100px" },
);

function begin() {
  showProgress();
  document.querySelectorAll(".vaelab-explorer[data-spec]").forEach((el) => observer.observe(el));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
