// The page's end of the worker: see worker.js for the messages.

import source from "text:lab/worker.js";

/**
 * A lab at work: { post(message), ask(message), on(type, hear), end() }. `ask` is for messages that are answered with
 * their id; `fail(message)` hears of trouble.
 */
export function openWorker(fail) {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  const listeners = new Map(),
    waiting = new Map();
  let last = 0;
  worker.onerror = ({ message }) => fail(message);
  worker.onmessage = ({ data }) => {
    if (data.type === "failed") return fail(data.message);
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
    listeners.get(data.type)?.(data);
  };
  return {
    post: (message) => worker.postMessage(message),
    ask(message) {
      const id = ++last;
      worker.postMessage({ ...message, id });
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    on: (type, hear) => listeners.set(type, hear),
    end() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
