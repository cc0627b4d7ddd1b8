// What all explorers share: a title, a place for the picture, a line for troubles, a voice.

import { div, h, uniqueId } from "./dom.js";
import { speech } from "./speech.js";

// JupyterLab would take arrow keys and letters for its own shortcuts.
const ownKeys = (event) => event.ctrlKey || event.metaKey || event.stopPropagation();

/** An explorer's frame: { root, body, say, note, fail }; `root` is put into the page by the caller. */
function frame(title) {
  const id = uniqueId();
  const voice = speech();
  const body = div("vae-body");
  const note = h("p", { class: "vae-note vae-status", role: "status" });
  const trouble = h("p", { class: "vae-error", role: "alert" });
  const heading = h("p", { class: "vae-title", id }, title);
  const root = h("div", { class: "vae-frame", role: "group", "aria-labelledby": id, onkeydown: ownKeys });
  root.append(heading, body, note, trouble, voice.el);
  // The same words again would be read out again.
  const writer = (line) => (text) => {
    if (line.textContent !== text) line.textContent = text;
  };
  return { root, body, say: voice.say, note: writer(note), fail: writer(trouble) };
}

/**
 * Bring an explorer to life in `el`, whose content (a still picture) stays until it can be replaced, on the
 * room that the explorer will take. `kinds` has the `mount` of each kind; `open(model, report, near)` gives the
 * decoder of those that have one, which waits for `near`. Returns a function that ends it.
 */
export async function start({ kinds, model, el, open, near }) {
  const mount = kinds[model.get("kind")];
  const parts = frame(model.get("title"));
  let stop;
  try {
    if (!mount) throw new Error(`This page's script has no explorer "${model.get("kind")}": build it again.`);
    const decoder = model.get("picture_shape") ? open(model, parts, near) : undefined;
    let awake = false; // silent until something changes
    const say = (text) => awake && parts.say(text);
    stop = mount({ model, el: parts.body, decoder, say, near, report: parts });
    if (decoder) {
      el.classList.add("vae-asleep");
      el.append(parts.root);
      await decoder.ready;
    }
    awake = true;
    el.replaceChildren(parts.root);
    el.explorer = { model, decoder };
    return () => stop?.();
  } catch (error) {
    stop?.();
    parts.body.remove();
    parts.fail(error.message);
    el.append(parts.root);
    return () => {};
  } finally {
    el.classList.remove("vae-asleep");
  }
}
