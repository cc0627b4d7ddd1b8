// An explorer's traits: read some, change one, hear of changes.

/** The values of several traits, in order. */
export const read = (model, ...names) => names.map((name) => model.get(name));

/** Give a trait a value, here and in the kernel. */
export function put(model, name, value) {
  model.set(name, value);
  model.save_changes();
}

/** Call `show` now and whenever one of the traits changes; returns a function that ends it. */
export function watch(model, names, show) {
  const events = names.map((name) => `change:${name}`);
  for (const event of events) model.on(event, show);
  show();
  return () => {
    for (const event of events) model.off(event, show);
  };
}
