// The step in PyTorch, beside the page's own: the line at work lights up, with one picture's numbers.

import { button } from "../controls.js";
import { div, h, number } from "../dom.js";
import { watch } from "../traits.js";
import { inputsOf, settingsOf, TRAITS } from "./settings.js";

const PAUSE = 700; // milliseconds from line to line

/** The numbers of a code that a shot tells, two at most. */
const some = (values, { latent }) =>
  values.map((value) => number(value)).join(", ") + (latent > 2 ? ", ..." : "");

/**
 * The step that these settings (see settings.js, and `inputs`) take: [code, tell?, slip?] for each line. `tell(shot)`
 * says what it did to the batch's first picture, or to all, in the step before a shot of trainer.js; `slip`: is
 * this the line with a mistake?
 */
export const linesOf = (settings) => [
  ["x = next(batches)", () => `${settings.batch} pictures; mu to z are the first one's`],
  ["h = encoder(x)", () => `${settings.hidden.at(-1)} numbers`],
  ...throughTheCode(settings),
  ...[reconstruction, kl, loss].flatMap((part) => part(settings)),
  ["optimizer.zero_grad()"],
  ["loss.backward()"],
  ["optimizer.step()", () => `Adam, rate ${settings.rate}`],
];

function throughTheCode(settings) {
  const { noise, sigmaSlip, cutSlip, likelihood, inputs } = settings;
  const told = (name, values) => `${name} ${some(values, settings)}`;
  const sigmas = ({ logVar }) => logVar.map((value) => Math.exp(sigmaSlip ? value : value / 2));
  const drawn = [
    ["eps = torch.randn_like(mu)", ({ last }) => told("eps", last.eps)],
    [
      `z = mu + torch.exp(log_var${sigmaSlip ? "" : " / 2"}) * eps`,
      ({ last }) => `${told("sigma", sigmas(last))}; ${told("z", last.z)}`,
      sigmaSlip,
    ],
  ];
  return [
    [
      "mu, log_var = to_mu(h), to_log_var(h)",
      ({ last }) => `${told("mu", last.mean)}; ${told("log_var", last.logVar)}`,
    ],
    ...(noise ? drawn : [["z = mu", ({ last }) => told("z", last.z)]]),
    [
      `${likelihood === "bernoulli" ? "logits" : "x_hat"} = decoder(z${cutSlip ? ".detach()" : ""})`,
      () => `${inputs} numbers`,
      cutSlip,
    ],
  ];
}

function reconstruction({ likelihood, sigma, pixelSlip, inputs }) {
  const code = {
    bernoulli: `F.binary_cross_entropy_with_logits(\n    logits, x, reduction=${pixelSlip ? '"mean")' : '"sum") / len(x)'}`,
    gaussian: `-Normal(x_hat, ${sigma}).log_prob(x).${pixelSlip ? "mean()" : "sum() / len(x)"}`,
  }[likelihood];
  const tell = ({ last: { error } }) =>
    pixelSlip
      ? `${number(error, 1)} / ${inputs} = ${number(error / inputs)}`
      : `${number(error, 1)} nats a picture, on average`;
  return [[`rec = ${code}`, tell, pixelSlip]];
}

function kl({ price, batchSlip, batch }) {
  const tell = ({ last }) =>
    batchSlip
      ? `${batch} × ${number(last.kl)} = ${number(batch * last.kl, 1)}`
      : `${number(last.kl)} nats a picture, on average`;
  const sum = batchSlip ? "sum()" : "sum(1).mean()";
  return price ? [[`kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var).${sum}`, tell, batchSlip]] : [];
}

function loss({ price, beta, warmUp, batchSlip, batch, pixelSlip, inputs }) {
  if (!price) return [["loss = rec", ({ last }) => number(last.loss)]];
  const grown = ({ step }) => +(beta * (warmUp ? Math.min(1, step / warmUp) : 1)).toFixed(3);
  const growing = [
    `beta = ${beta} * min(1, step / ${warmUp})`,
    (shot) => `step ${shot.step}: ${grown(shot)}`,
  ];
  const tell = (shot) => {
    const { error, kl, loss } = shot.last;
    const [rec, charged] = [error / (pixelSlip ? inputs : 1), kl * (batchSlip ? batch : 1)];
    return `${number(rec)} + ${grown(shot)} × ${number(charged)} = ${number(loss)}`;
  };
  return [...(warmUp ? [growing] : []), [`loss = rec + ${warmUp ? "beta" : beta} * kl`, tell]];
}

/** { el, light(shot), remove() }: `light` goes through the lines with the numbers of the last step; `step()` takes one. */
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
        { class: "lab-line" },
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
    el: h("div", {}, list, div("vae-buttons", button("Play one step slowly", step))),
    light,
    remove() {
      clearInterval(timer);
      end();
    },
  };
}
