// The explorer as a widget in JupyterLab, VS Code and Colab: a kernel decodes, the browser stands by.

import { start } from "./frame.js";
import { asBytes, ask } from "./kernel.js";
import { kinds } from "./kinds.js";
import { mount as quiz } from "./quiz.js";
import { openDecoder } from "./transport.js";

function kernelOf(model) {
  let slow = false; // after a silence, one quick look whether it is back
  return {
    async decode(codes, patience) {
      const reply = await ask(model, { type: "decode", codes }, slow ? patience / 8 : patience);
      slow = !reply;
      return reply && asBytes(reply[1][0]);
    },
    draw: async (patience) => (await ask(model, { type: "draw" }, slow ? patience / 8 : patience))?.[0].code,
  };
}

async function weightsFrom(model) {
  const reply = await ask(model, { type: "weights" }, 20_000);
  if (!reply) throw new Error("there are no weights in this notebook. Run the cell again.");
  return { meta: reply[0].meta, data: asBytes(reply[1][0]) };
}

async function render({ model, el }) {
  el.classList.add("vaelab-explorer");
  const source = { kernel: kernelOf(model), loadWeights: () => weightsFrom(model) };
  return start({ kinds: { ...kinds, quiz }, model, el, open: (...about) => openDecoder(source, ...about) });
}

export default { render };
