// Adam (Kingma and Ba, ICLR 2015), four parameters at a time.
import { addProduct, at, splat } from "../floats";

/** One update. `rate` is lr / (1 - b1^t), `root` is sqrt(1 - b2^t): the corrections of the averages' start. */
export function adam(
  parameters: i32, gradient: i32, first: i32, second: i32, count: i32,
  rate: f64, root: f64, b1: f64, b2: f64, epsilon: f64,
): void {
  // 1 - b2 in 64 bits: in 32 it would be off by 5e-5, and the loss would part from PyTorch's.
  const keep1 = splat(<f32>b1), new1 = splat(<f32>(1 - b1)), keep2 = splat(<f32>b2), new2 = splat(<f32>(1 - b2));
  const r = splat(<f32>-rate), s = splat(<f32>(1 / root)), e = splat(<f32>epsilon);
  for (let i = 0; i < count; i += 4) {
    const p = at(parameters + i), f = at(first + i), q = at(second + i), g = v128.load(at(gradient + i));
    const m = addProduct(f32x4.mul(keep1, v128.load(f)), new1, g);
    const v = addProduct(f32x4.mul(keep2, v128.load(q)), new2, f32x4.mul(g, g));
    v128.store(f, m);
    v128.store(q, v);
    const step = f32x4.div(m, addProduct(e, f32x4.sqrt(v), s));
    v128.store(p, addProduct(v128.load(p), r, step));
  }
}
