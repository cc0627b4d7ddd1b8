/** 16-bit floats, little endian, as 32-bit ones. */
export function halfToFloat(bytes) {
  const halves = new Uint16Array(bytes.slice().buffer); // a copy starts where a Uint16Array may
  const bits = new Uint32Array(halves.length),
    floats = new Float32Array(bits.buffer);
  for (let i = 0; i < halves.length; i++) {
    // Sign and exponent fall into place; the exponent's bias is 15 there and 127 here.
    bits[i] = ((halves[i] & 0x8000) << 16) | ((halves[i] & 0x7fff) << 13);
    floats[i] *= 2 ** 112;
  }
  return floats;
}
