// What the reader presses: train, pause, step, epoch, another seed, the speed, the set.

import { button, choice } from "../controls.js";
import { div, h } from "../dom.js";
import { put } from "../traits.js";

const SPEEDS = [
  ["slow", "slow"],
  ["watch", "to watch"],
  ["fast", "fast"],
];
const NAMES = { digits: "drawn digits" };

/** { el, speed, enable(), show(playing) }; `play("train" | "pause" | "step" | "epoch")` and `pace()` hear the reader. */
export function toolbar({ model, play, pace, full }) {
  const [waits, sets] = [{ disabled: true }, Object.keys(model.get("sets"))];
  const quiet = { ...waits, class: "vae-button lab-quiet" };
  let playing = false;
  const train = button("Train", () => play(playing ? "pause" : "train"), {
    ...waits,
    class: "vae-button lab-train",
  });
  const step = button("One step", () => play("step"), quiet);
  const epoch = button("One epoch", () => play("epoch"), quiet);
  const anew = button("Start anew", () => put(model, "seed", (model.get("seed") + 1) % 2 ** 31), quiet);
  const seed = h("span", { class: "lab-seed" });
  const speed = choice({ label: "Speed", options: SPEEDS, value: "watch", onChange: pace });
  const data = choice({
    label: "Learns",
    options: sets.map((name) => [name, NAMES[name] ?? name]),
    value: model.get("data"),
    onChange: (name) => put(model, "data", name),
  });
  speed.el.classList.add("lab-speed");
  data.el.classList.add("lab-sets");
  const first = div("lab-buttons", train, step, epoch);
  const second = div("lab-buttons", anew, seed, full ? speed : null);
  return {
    el: div("lab-top", sets.length > 1 ? data : null, first, second),
    get speed() {
      return speed.value;
    },
    enable() {
      for (const one of [train, step, epoch, anew]) one.disabled = false;
    },
    show(now) {
      playing = now;
      train.textContent = playing ? "Pause" : "Train";
      train.classList.toggle("lab-playing", playing);
      seed.textContent = `seed ${model.get("seed")}`;
      data.value = model.get("data");
    },
  };
}
