// What a page loads when it is needed: scripts that lay their content into `vaelabModels`. Pages opened from disk
// can load nothing else.

import { fromBase64 } from "./base64.js";

function runScript(url, what) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${what} could not be loaded: the file is missing.`));
    document.head.append(script);
  });
}

/** A function that gives { meta, data } of a key, from the folder models/ where the script `home` lies. */
export const filesBeside = (home, what) => async (key) => {
  if (!globalThis.vaelabModels?.[key]) await runScript(new URL(`models/${key}.js`, home).href, what);
  try {
    const { meta, data } = globalThis.vaelabModels[key];
    return { meta, data: fromBase64(data) };
  } catch {
    throw new Error(`The file with ${what.toLowerCase()} is damaged: build the page again.`);
  }
};
