// Digits drawn in the page, as vaelab.data.digits draws them: a skeleton of pen strokes, bent, posed, inked.

export const SIDE = 28;
const BOX = 20; // the digit's box in the frame
const MARGIN = 1.2; // black border that the ink never enters
const EDGE = 1.3; // pixels over which the ink's edge fades
const TIDY = 0.6; // share of the variation that keeps ten classes apart on a plane
const CUT = 2.5; // standard deviations from the middle of a bell-shaped factor to its ends

/**
 * The factors of one digit: name -> number. `ranges`: name -> [low, high, "bell" | "log" | "flat"].
 * All but flat ones vary around their middle by `share` of what they may.
 */
export function drawFactors(ranges, uniform, normal, share = TIDY) {
  const bell = () => {
    for (;;) {
      const z = normal();
      if (Math.abs(z) <= CUT) return 0.5 + (share * z) / (2 * CUT);
    }
  };
  const draw = ([low, high, kind]) => {
    if (kind === "flat") return low + (high - low) * uniform();
    return kind === "log" ? low * (high / low) ** bell() : low + (high - low) * bell();
  };
  return Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, draw(range)]));
}

/** Draw a digit, white on black, into 28 x 28 bytes of `pixels` from `to` on. `skeleton`: x, y, x, y, ... of ends. */
export function drawDigit(skeleton, factors, pixels, to = 0) {
  const [x, y] = posed(...warped(skeleton, factors), factors);
  const radius = penRadius(x.length / 2, factors);
  const longer = Math.max(extent(x), extent(y));
  const size = (factors.scale * (BOX - 1.4 * factors.pen_radius)) / longer;
  const reach = Math.max(...radius) + MARGIN;
  ink(centred(x, size, factors.shift_x, reach), centred(y, size, factors.shift_y, reach), radius, pixels, to);
}

/** Bend as an unsteady hand does: slow and quick waves, a taper, a moved waist. */
function warped(skeleton, f) {
  const xs = [],
    ys = [];
  for (let i = 0; i < skeleton.length; i += 2) {
    const x = skeleton[i],
      y = skeleton[i + 1];
    const waveX = f.wave_x * Math.sin(2.2 * y + f.wave_x_phase);
    const twistX = f.twist_x * Math.sin(3.7 * y + 1.9 * x + f.twist_x_phase);
    const waveY = f.wave_y * Math.sin(2.4 * x + f.wave_y_phase);
    const twistY = f.twist_y * Math.sin(2.9 * x + 2.1 * y + f.twist_y_phase);
    xs.push(x + waveX + twistX + f.taper * x * y);
    ys.push(y + waveY + twistY + f.waist * y * y);
  }
  return [xs, ys];
}

/** Stretch, lean, then turn. */
function posed(x, y, { aspect, slant, rotation }) {
  const cos = Math.cos(rotation),
    sin = Math.sin(rotation);
  const leaned = x.map((value, i) => aspect * value - slant * y[i]);
  return [
    leaned.map((value, i) => cos * value - sin * y[i]),
    leaned.map((value, i) => sin * value + cos * y[i]),
  ];
}

/** Half the line's width along the writing: it swells and thins with the pressure. */
function penRadius(segments, f) {
  return Array.from({ length: segments }, (_, i) => {
    const along = (2 * Math.PI * f.pressure_waves * i) / (segments - 1);
    return f.pen_radius * (1 + f.pressure * Math.sin(along + f.pressure_phase));
  });
}

const extent = (values) => Math.max(...values) - Math.min(...values);

/** Scale, put the centre of mass at the middle of the frame, then shift, but keep all ink inside the frame. */
function centred(values, size, shift, reach) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const placed = values.map((value) => size * (value - mean) + SIDE / 2 + shift);
  const left = Math.max(0, reach - Math.min(...placed)),
    right = Math.max(0, Math.max(...placed) + reach - SIDE);
  return placed.map((value) => value + left - right);
}

/** Ink all pixels nearer to a segment than the pen's radius there. */
function ink(x, y, radius, pixels, to) {
  const outside = new Float64Array(SIDE * SIDE).fill(EDGE); // distance to the ink's edge
  for (let s = 0; s < radius.length; s++) {
    const ax = x[2 * s],
      ay = y[2 * s],
      dx = x[2 * s + 1] - ax,
      dy = y[2 * s + 1] - ay;
    const square = Math.max(dx * dx + dy * dy, 1e-12),
      far = radius[s] + EDGE / 2;
    const bound = (value) => Math.min(SIDE, Math.max(0, Math.floor(value)));
    const fromX = bound(Math.min(ax, ax + dx) - far),
      toX = bound(Math.max(ax, ax + dx) + far + 1);
    const fromY = bound(Math.min(ay, ay + dy) - far),
      toY = bound(Math.max(ay, ay + dy) + far + 1);
    for (let row = fromY; row < toY; row++) {
      for (let column = fromX; column < toX; column++) {
        const px = column + 0.5 - ax,
          py = row + 0.5 - ay;
        const t = Math.min(1, Math.max(0, (px * dx + py * dy) / square));
        const distance = Math.sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2) - radius[s];
        const p = row * SIDE + column;
        if (distance < outside[p]) outside[p] = distance;
      }
    }
  }
  for (let p = 0; p < outside.length; p++) {
    pixels[to + p] = Math.round(255 * Math.min(1, Math.max(0, 0.5 - outside[p] / EDGE)));
  }
}
