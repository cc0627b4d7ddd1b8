// What is drawn over the plane's tiles. Places are codes; `at(x, y)` gives pixels, `scale` pixels to a standard deviation.

import { rgb } from "./paint.js";

const FONT = "system-ui, sans-serif";
const DIGITS = 2; // characters at most of a name that fits a round badge
const RADIUS = 10; // pixels, of a badge

/** Circles of the prior, one, two, three standard deviations wide, each with its number. */
export function circles(context, { at, scale, ink, paper }) {
  context.save();
  context.strokeStyle = ink;
  context.globalAlpha = 0.42;
  context.setLineDash([2, 4]);
  context.lineCap = "round";
  for (const sigmas of [1, 2, 3]) {
    context.beginPath();
    context.arc(...at(0, 0), sigmas * scale, 0, 7);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 0.75;
  context.font = `10px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const sigmas of [1, 2, 3]) {
    const turn = Math.SQRT1_2 * sigmas;
    halo(context, `${sigmas}σ`, at(turn, -turn), ink, paper, 3);
  }
  context.restore();
}

function halo(context, text, [x, y], ink, paper, width) {
  context.lineJoin = "round";
  context.lineWidth = width;
  context.strokeStyle = paper;
  context.strokeText(text, x, y);
  context.fillStyle = ink;
  context.fillText(text, x, y);
}

/** The names of the two numbers, at the ends of their axes. */
export function axisNames(context, width, height, [x, y], { ink, paper }) {
  context.save();
  context.font = `600 12px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  halo(context, `${x} →`, [width - 8, height - 12], ink, paper, 4);
  context.textAlign = "left";
  halo(context, `↑ ${y}`, [8, 13], ink, paper, 4);
  context.restore();
}

/** Each posterior's ellipse of two standard deviations: one would lie under the dot. */
export function ellipses(context, { at, scale, colours }, { dots, spreads, labels }) {
  context.save();
  context.globalAlpha = 0.4;
  for (let i = 0; i < dots.length; i += 2) {
    const radii = [2 * spreads[i] * scale, 2 * spreads[i + 1] * scale];
    context.strokeStyle = colours[labels[i / 2] % colours.length];
    context.beginPath();
    context.ellipse(...at(dots[i], dots[i + 1]), ...radii, 0, 0, 7);
    context.stroke();
  }
  context.restore();
}

/** A dot with a rim of each colour, ready to be stamped: { stamps, half: their width's half in pixels }. */
export function stampsOf(colours, paper, radius) {
  const scale = globalThis.devicePixelRatio || 1,
    half = radius + 2;
  const stamps = colours.map((colour) => {
    const stamp = document.createElement("canvas");
    stamp.width = stamp.height = Math.ceil(2 * half * scale);
    const context = stamp.getContext("2d");
    context.scale(scale, scale);
    context.beginPath();
    context.arc(half, half, radius, 0, 7);
    context.fillStyle = colour;
    context.strokeStyle = paper;
    context.lineWidth = 2;
    context.stroke();
    context.fill();
    return stamp;
  });
  return { stamps, half };
}

/** All dots in the order of the pictures, so that no class lies over the others. */
export function dotsOf(context, { at }, { dots, labels }, stamps, half) {
  for (let i = 0; i < dots.length; i += 2) {
    const [x, y] = at(dots[i], dots[i + 1]);
    context.drawImage(stamps[labels[i / 2] % stamps.length], x - half, y - half, 2 * half, 2 * half);
  }
}

/** Where the invented pictures' codes are. */
export function squares(context, { at, ink, paper }, codes) {
  context.save();
  for (const [x, y] of codes) {
    const [left, top] = at(x, y).map((v) => Math.round(v) - 4.5);
    context.fillStyle = paper;
    context.globalAlpha = 0.55;
    context.fillRect(left, top, 9, 9);
    context.globalAlpha = 1;
    for (const [colour, width] of [
      [paper, 4],
      [ink, 1.5],
    ]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.strokeRect(left, top, 9, 9);
    }
  }
  context.restore();
}

/** Black or white, whichever is the easier to read on a colour. */
function inkOn(colour) {
  const [red, green, blue] = rgb(colour).map((v) => (v / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#10151b" : "#ffffff";
}

/** Each class's name on its colour, as far as the class has a place of its own: spots { x, y, own: 0 to 1 }. */
export function badges(context, { at, paper, colours }, names, spots) {
  context.save();
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `700 13px ${FONT}`;
  apart(spots.map((spot) => spot && at(spot.x, spot.y))).forEach((place, k) => {
    if (!place || spots[k].own <= 0) return;
    const colour = colours[k % colours.length];
    const wide = names[k].length < DIGITS ? 2 * RADIUS : context.measureText(names[k]).width + 1.4 * RADIUS;
    context.globalAlpha = spots[k].own;
    context.beginPath();
    context.roundRect(place[0] - wide / 2, place[1] - RADIUS, wide, 2 * RADIUS, RADIUS);
    context.strokeStyle = paper;
    context.lineWidth = 4;
    context.stroke();
    context.fillStyle = colour;
    context.fill();
    context.fillStyle = inkOn(colour);
    context.fillText(names[k], place[0], place[1] + 0.5);
  });
  context.restore();
}

/** Push places apart that lie over one another. */
function apart(places) {
  const free = places.map((place) => place && [...place]);
  for (let round = 0; round < 4; round++) {
    for (let a = 0; a < free.length; a++) {
      for (let b = 0; b < a; b++) {
        if (!free[a] || !free[b]) continue;
        const [dx, dy] = [free[a][0] - free[b][0], free[a][1] - free[b][1]];
        const far = Math.hypot(dx, dy) || 1,
          push = Math.max(0, 2.2 * RADIUS - far) / 2;
        for (const [place, side] of [
          [free[a], push],
          [free[b], -push],
        ]) {
          place[0] += (side * dx) / far;
          place[1] += (side * dy) / far;
        }
      }
    }
  }
  return free;
}

/** The reader's picture: its posterior, one and two standard deviations wide, and codes really drawn. */
export function mineOf(context, { at, scale, ink, paper, accent }, { mean, spread, draws }) {
  context.save();
  context.fillStyle = ink;
  for (const draw of draws) context.fillRect(...at(...draw).map((v) => v - 1.5), 3, 3);
  for (const sigmas of [2, 1]) {
    const radii = spread.map((s) => Math.max(3, sigmas * s * scale));
    context.beginPath();
    context.ellipse(...at(...mean), ...radii, 0, 0, 7);
    for (const [colour, width] of [
      [paper, 5],
      [accent, 2.5],
    ]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
  }
  const [x, y] = at(...mean);
  context.font = `600 12px ${FONT}`;
  halo(context, "yours", [x + 10, y - 8], ink, paper, 4);
  context.restore();
}
