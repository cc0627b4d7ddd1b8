// Noise becomes a face step by step, beside the same noise led to what is wanted.

import { button, choice, slider } from "../controls.js";
import { div, h, note, stack } from "../dom.js";
import { figure, picture } from "../picture.js";
import { put, read, watch } from "../traits.js";

const STATE = ["step", "noise", "goal", "strength", "view"];

/** Follow the steps; `noise`, `goal` and `strength` say which ways, `view` what is decoded of a step. */
export function mount({ model, el, decoder, say }) {
  const [left, noises, goals, guidance] = read(model, "left", "noises", "goals", "guidance");
  const last = left.length - 1;
  const faces = [0, 1].map(() => picture(decoder, ""));
  const led = h("span");
  const words = (step) => `${step} of ${last}, ${left[step]}\u00a0% noise`;
  const steps = slider({
    label: "Step",
    min: 0,
    max: last,
    step: 1,
    value: 0,
    format: words,
    onInput: (step) => put(model, "step", step),
  });
  const choices = Object.entries({
    goal: ["Wanted", goals.entries()],
    strength: ["Guidance", guidance.entries()],
    view: ["Show", Object.entries({ guess: "the network’s guess", grid: "the noised grid" })],
  }).map(([name, [label, options]]) => [
    name,
    choice({ label, options: [...options], onChange: (value) => put(model, name, value) }),
  ]);

  function show() {
    const [step, noise, goal, strength, view] = read(model, ...STATE);
    steps.value = step;
    for (const [name, control] of choices) control.value = model.get(name);
    const ways = 1 + goals.length * guidance.length;
    const rows = [0, 1 + goal * guidance.length + strength].map((way) => [
      (2 * (noise * ways + way) + (view === "grid")) * left.length + step,
    ]);
    const wish = `${goals[goal]}, guidance ${guidance[strength]}`;
    led.textContent = wish;
    const seen = `step ${words(step)}, ${view} from noise ${noise + 1}`;
    faces.forEach((face, k) => (face.label = `${k ? wish : "Nothing wanted"}: ${seen}`));
    say(`${wish}: ${seen}`);
    decoder.decode(rows, (images) => faces.forEach((face, k) => face.draw(images[k])));
  }

  stack(
    el,
    div(
      "vae-row",
      div("vae-faces vae-stay", figure(faces[0], "nothing wanted"), figure(faces[1], led)),
      div(
        "vae-grow vae-stack",
        steps,
        choices.map(([, control]) => control),
        div(
          "vae-buttons",
          button("Another noise", () => put(model, "noise", (model.get("noise") + 1) % noises)),
        ),
      ),
    ),
    note("Both begin with the same noise, and no more is added. Each step goes a little towards the guess."),
  );
  return watch(model, STATE, show);
}
