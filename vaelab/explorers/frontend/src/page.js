// Explorers in a built page: no kernel, no server. A plain script, as pages opened from disk load no modules.

import { filesBeside } from "./files.js";
import { hydrate } from "./hydrate.js";
import { kinds } from "./kinds.js";
import { openDecoder } from "./transport.js";

// Where this script lies, the folder models/ lies too. Read now: later it is not known.
const load = filesBeside(document.currentScript.src, "The model's weights");

async function loadWeights(key) {
  if (!key) throw new Error("This model's decoder runs in a notebook only.");
  return load(key);
}

// Quizzes and the lab have scripts of their own.
hydrate(kinds, ":not([data-kind=quiz], [data-kind=lab])", (...about) =>
  openDecoder({ loadWeights }, ...about),
);
