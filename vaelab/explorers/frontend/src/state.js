// What an anywidget model does in JupyterLab, for a page without a kernel: named values and listeners.

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** An explorer's state in a page, with the interface of an anywidget model. */
export class PageModel {
  constructor(spec) {
    this.values = { ...spec };
    this.listeners = new Map();
  }

  get(name) {
    return this.values[name];
  }

  set(name, value) {
    if (same(this.values[name], value)) return;
    this.values[name] = value;
    for (const listener of this.listeners.get(`change:${name}`) ?? []) listener();
  }

  save_changes() {}

  on(event, listener) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(listener);
  }

  off(event, listener) {
    this.listeners.get(event)?.delete(listener);
  }
}
