// Deflated bytes (RFC 1951) made whole again at once: what browsers have for it answers later, when the page may have
// been drawn already. In loops, as it runs once only, before anything is optimised.

const LONGEST = 15; // bits of a symbol
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTHS = [...ranges(3, 28, 4), [258, 0]];
const DISTANCES = ranges(1, 30, 2);

/** [first value, how many bits more] of each symbol; `same` symbols have as many. */
function ranges(first, count, same) {
  return Array.from({ length: count }, (_, i) => {
    const more = Math.max(0, Math.floor(i / same) - 1);
    first += 1 << more;
    return [first - (1 << more), more];
  });
}

/** By the next 15 bits: 16 times the symbol, plus its length. `lengths`: of each symbol, 0 where there is none. */
function codeOf(lengths) {
  const table = new Uint16Array(1 << LONGEST);
  let code = 0; // its first bit is the lowest, as it comes first
  for (let length = 1; length <= LONGEST; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      for (let i = code; i < table.length; i += 1 << length) table[i] = 16 * symbol + length;
      let bit = 1 << (length - 1);
      for (; code & bit; bit >>= 1) code ^= bit;
      code |= bit;
    }
  }
  return table;
}

function fail() {
  throw new Error("What was deflated is damaged, or in blocks of another kind.");
}

/** The `size` bytes that were deflated to `bytes`, in blocks that bring codes of their own. */
export function inflate(bytes, size) {
  const out = new Uint8Array(size);
  let at = 0, // bits read
    n = 0; // bytes written

  function peek() {
    const i = at >> 3;
    return (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16)) >> (at & 7);
  }

  function bits(count) {
    const value = peek() & ((1 << count) - 1);
    at += count;
    return value;
  }

  function symbol(code) {
    const found = code[peek() & (code.length - 1)];
    at += found & 15;
    return found >> 4;
  }

  /** The codes of a block: of bytes and lengths, of distances. */
  function codes() {
    const literals = bits(5) + 257,
      all = literals + bits(5) + 1,
      order = Array(19).fill(0);
    for (let i = 0, given = bits(4) + 4; i < given; i++) order[ORDER[i]] = bits(3);
    const code = codeOf(order),
      lengths = [];
    while (lengths.length < all) {
      const next = symbol(code);
      const value = next < 16 ? next : next === 16 ? lengths.at(-1) : 0;
      let times = next < 16 ? 1 : next < 18 ? 3 + bits(next - 14) : 11 + bits(7);
      for (; times; times--) lengths.push(value);
    }
    return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals))];
  }

  for (let last = 0; !last; ) {
    last = bits(1);
    if (bits(2) !== 2) fail();
    const [literals, distances] = codes();
    for (let next = symbol(literals); next !== 256; next = symbol(literals)) {
      if (next < 256) out[n++] = next;
      else {
        const [shortest, more] = LENGTHS[next - 257];
        let length = shortest + bits(more);
        const [nearest, further] = DISTANCES[symbol(distances)];
        const back = nearest + bits(further);
        for (; length; length--, n++) out[n] = out[n - back];
      }
      if (n > size) fail();
    }
  }
  return out;
}
