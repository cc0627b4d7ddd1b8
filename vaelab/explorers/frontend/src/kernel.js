// Questions to the kernel behind a widget.

export const asBytes = (buffer) =>
  new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength).slice();

let last = Date.now(); // another tab on this kernel hears our replies too: it must not take them for its own

/** Send a message to the kernel; its reply [content, buffers], or null after `patience` milliseconds. */
export function ask(model, message, patience) {
  const id = ++last;
  return new Promise((resolve, reject) => {
    const done = (settle, value) => {
      clearTimeout(timer);
      model.off("msg:custom", listen);
      settle(value);
    };
    const listen = (content, buffers) => {
      if (content.id !== id) return;
      if (content.error) done(reject, new Error(content.error));
      else done(resolve, [content, buffers]);
    };
    const timer = setTimeout(() => done(resolve, null), patience);
    model.on("msg:custom", listen);
    try {
      model.send({ ...message, id });
    } catch {
      done(resolve, null); // no kernel
    }
  });
}
