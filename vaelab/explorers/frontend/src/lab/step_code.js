// The step in PyTorch, beside the page's own: the line at work lights up, with one picture's numbers.

import { button } from "../controls.js";
import { div, h, number } from "../dom.js";
import { watch } from "../traits.js";
import { inputsOf, settingsOf, TRAITS } from "./settings.js";

const PAUSE = 700; // milliseconds from line to line

/** The first two numbers of a code. */
const some = (values, more) => values.map((value) => number(value, 2)).join(", ") + (more ? ", ..." : "");

/**
 * The step that these settings (see settings.js) take: [code, tell?, slip?] for each line. `tell({ last, step })` says
 * what the line did to the batch's first picture, in a shot of trainer.js; `slip` is true where a mistake is made.
 */
export function linesOf(settings) {
  const { likelihood, sigma, noise, price, beta, warmUp, latent, batch, hidden, inputs, rate } = settings;
  const { sigmaSlip, batchSlip, pixelSlip, cutSlip } = settings;
  const more = latent > 2,
    coins = likelihood === "bernoulli",
    out = coins ? "logits" : "x_hat",
    spread = sigmaSlip ? "log_var" : "log_var / 2";
  const sigmas = ({ logVar }) => logVar.map((value) => Math.exp(sigmaSlip ? value : value / 2));
  const weighed = ({ error }) => error / (pixelSlip ? inputs : 1);
  const charged = ({ kl }) => kl * (batchSlip ? batch : 1);
  const grown = (step) => beta * (warmUp ? Math.min(1, step / warmUp) : 1);
  const lines = [
    ["x = next(batches)", () => `${batch} pictures; the first one's numbers follow`],
    ["h = encoder(x)", () => `${hidden.at(-1)} hidden units`],
    [
      "mu, log_var = to_mu(h), to_log_var(h)",
      ({ last }) => `mu ${some(last.mean, more)}; log_var ${some(last.logVar, more)}`,
    ],
  ];
  if (noise) {
    lines.push(["eps = torch.randn_like(mu)", ({ last }) => `eps ${some(last.eps, more)}`]);
    lines.push([
      `z = mu + torch.exp(${spread}) * eps`,
      ({ last }) => `sigma ${some(sigmas(last), more)}; z ${some(last.z, more)}`,
      sigmaSlip,
    ]);
  } else lines.push(["z = mu", ({ last }) => `z ${some(last.z, more)}`]);
  lines.push([`${out} = decoder(z${cutSlip ? ".detach()" : ""})`, () => `${inputs} pixels`, cutSlip]);
  const rec = ({ last }) =>
    pixelSlip
      ? `${number(last.error, 1)} / ${inputs} = ${number(weighed(last))}`
      : `${number(last.error, 1)} nats a picture`;
  if (coins) {
    const how = pixelSlip ? 'reduction="mean")' : 'reduction="sum") / len(x)';
    lines.push([`rec = F.binary_cross_entropy_with_logits(\n    logits, x, ${how}`, rec, pixelSlip]);
  } else {
    const how = pixelSlip ? "mean()" : "sum() / len(x)";
    lines.push([`rec = -Normal(x_hat, ${sigma}).log_prob(x).${how}`, rec, pixelSlip]);
  }
  if (price) {
    lines.push([
      `kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)${batchSlip ? ".sum()" : ".sum(1).mean()"}`,
      ({ last }) =>
        batchSlip
          ? `${batch} × ${number(last.kl)} = ${number(charged(last), 1)}`
          : `${number(last.kl)} nats a picture`,
      batchSlip,
    ]);
    if (warmUp) {
      lines.push([
        `beta = ${beta} * min(1, step / ${warmUp})`,
        ({ step }) => `step ${step}: beta ${number(grown(step), 3)}`,
      ]);
    }
    lines.push([
      `loss = rec + ${warmUp ? "beta" : beta} * kl`,
      ({ last, step }) => {
        const [a, b] = [weighed(last), charged(last)].map((value) => number(value));
        return `${a} + ${+grown(step).toFixed(3)} × ${b} = ${number(last.loss)}`;
      },
    ]);
  } else lines.push(["loss = rec", ({ last }) => number(last.loss)]);
  lines.push(
    ["optimizer.zero_grad()"],
    ["loss.backward()", () => "slopes of the loss, for every weight"],
    ["optimizer.step()", () => `Adam, rate ${rate}`],
  );
  return lines;
}

/** { el, light(shot), remove() }: `light` goes through the lines with the numbers of the step before `shot`; `step()` takes one. */
export function stepCode({ model, calm, step }) {
  const list = div("lab-code");
  let lines = [],
    rows = [],
    timer = 0;

  function rewrite() {
    clearInterval(timer);
    lines = linesOf({ ...settingsOf(model), inputs: inputsOf(model) });
    rows = lines.map(([code, , slip]) =>
      h(
        "div",
        { class: `lab-line${slip ? " lab-wrong" : ""}` },
        h("code", {}, code, slip ? h("b", {}, "  # the slip") : null),
        h("span", { class: "lab-value" }),
      ),
    );
    list.replaceChildren(...rows);
  }

  function mark(k, shot) {
    rows.forEach((row, i) => row.classList.toggle("lab-lit", i === k));
    rows[k].lastChild.textContent = lines[k][1]?.(shot) ?? "";
  }

  function light(shot) {
    rewrite();
    if (calm()) {
      rows.forEach((_, k) => mark(k, shot));
      rows.at(-1).classList.remove("lab-lit");
      return;
    }
    let k = 0;
    mark(k, shot);
    timer = setInterval(() => {
      if (++k < rows.length) return mark(k, shot);
      clearInterval(timer);
      rows[k - 1].classList.remove("lab-lit");
    }, PAUSE);
  }

  const end = watch(model, [...TRAITS, "data"], rewrite);
  return {
    el: h("div", {}, list, div("vae-buttons", button("Step through it", step))),
    light,
    remove() {
      clearInterval(timer);
      end();
    },
  };
}
