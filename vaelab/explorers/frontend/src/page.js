// Explorers in a built page: no kernel, no server. A plain script, as pages opened from disk load no modules.

import { fromBase64 } from "./base64.js";
import { hydrate } from "./hydrate.js";
import { kinds } from "./kinds.js";
import { openDecoder } from "./transport.js";

// Where this script lies, the folder models/ lies too. Read now: later it is not known.
const home = document.currentScript.src;

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
  try {
    const { meta, data } = globalThis.vaelabModels[key];
    return { meta, data: fromBase64(data) };
  } catch {
    throw new Error("The file with the model's weights is damaged: build the page again.");
  }
}

// Quizzes have a script of their own.
hydrate(kinds, ":not([data-kind=quiz])", (...about) => openDecoder({ loadWeights }, ...about));
