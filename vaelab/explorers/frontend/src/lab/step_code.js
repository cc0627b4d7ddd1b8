// The step in PyTorch, beside the page's own: the line at work lights up, with one picture's numbers.

import { h, number } from "../dom.js";

const list = (values, digits = 2) => values.map((value) => number(value, digits)).join(", ");

// What each line says, and what it did to the batch's first picture.
const LINES = [
  ["x = next(batches)", () => "784 pixels"],
  ["h = relu(encoder(x))"],
  [
    "mu, log_var = to_mu(h), to_log_var(h)",
    ({ mean, logVar }) => `mu ${list(mean)}; log_var ${list(logVar)}`,
  ],
  ["eps = torch.randn_like(mu)", ({ eps }) => list(eps)],
  ["z = mu + torch.exp(log_var / 2) * eps", ({ z }) => list(z)],
  ["logits = decoder(z)"],
  ["rec = F.binary_cross_entropy_with_logits(", ({ error }) => `${number(error, 1)} nats a picture`],
  ['    logits, x, reduction="sum") / len(x)'],
  ["kl = 0.5 * (mu**2 + log_var.exp()"],
  ["            - 1 - log_var).sum(1).mean()", ({ kl }) => `${number(kl)} nats a picture`],
  ["loss = rec + beta * kl", ({ loss }) => number(loss, 1)],
  ["loss.backward()"],
  ["optimizer.step(); optimizer.zero_grad()"],
];

/** { el, light(last) }: lights the lines one by one, with the numbers of the step that `last` tells. */
export function stepCode(calm) {
  const lines = LINES.map(([code]) => ({ code, value: h("span", { class: "lab-value" }) }));
  const rows = lines.map(({ code, value }) => h("div", { class: "lab-line" }, h("code", {}, code), value));
  let timer = 0;
  function light(last) {
    clearInterval(timer);
    LINES.forEach(([, tell], k) => {
      lines[k].value.textContent = last && tell ? tell(last) : "";
    });
    let k = 0;
    const mark = (at) => rows.forEach((row, i) => row.classList.toggle("lab-lit", i === at));
    if (calm()) return mark(-1);
    mark(k);
    timer = setInterval(() => {
      mark(++k);
      if (k >= rows.length) clearInterval(timer);
    }, 450);
  }
  return { el: h("div", { class: "lab-code" }, rows), light, remove: () => clearInterval(timer) };
}
