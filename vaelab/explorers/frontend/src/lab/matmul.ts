// The one matrix product of the lab. All places and lengths count floats.
import { at, tile } from "../floats";

/**
 * C = A B: (m, k) times (k, n). Entry (i, j) of A lies at a + i aRow + j aColumn, of B likewise, so that a
 * transposed matrix is the same matrix with its steps exchanged. C is stored row by row. m is a multiple of
 * 4, n of 8. `space` is room for m k + 8 k floats: A in strips of 4 rows, and one strip of 8 columns of B,
 * each laid out in the order in which it is read.
 */
export function matmul(
  a: i32, aRow: i32, aColumn: i32, b: i32, bRow: i32, bColumn: i32, c: i32, m: i32, n: i32, k: i32, space: i32,
): void {
  const strip = at(space + m * k), end = strip + at(8 * k);
  packRows(a, aRow, aColumn, m, k, at(space));
  for (let q = 0; q < n; q += 8) {
    packColumns(b + q * bColumn, bRow, bColumn, k, strip);
    for (let i = 0; i < m; i += 4) tile(at(space + i * k), 4, 16, strip, end, at(c + i * n + q), at(n));
  }
}

// @ts-ignore: decorator
@inline
function packRows(a: i32, row: i32, column: i32, m: i32, k: i32, to: usize): void {
  for (let i = 0; i < m; i += 4) {
    for (let j = 0; j < k; j++, to += 16) {
      const from = at(a + i * row + j * column);
      if (row == 1) v128.store(to, v128.load(from));
      else {
        store<f32>(to, load<f32>(from));
        store<f32>(to, load<f32>(from + at(row)), 4);
        store<f32>(to, load<f32>(from + at(2 * row)), 8);
        store<f32>(to, load<f32>(from + at(3 * row)), 12);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function packColumns(b: i32, row: i32, column: i32, k: i32, to: usize): void {
  for (let j = 0; j < k; j++, to += 32) {
    const from = at(b + j * row);
    if (column == 1) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    } else {
      for (let t = 0; t < 8; t++) store<f32>(to + at(t), load<f32>(from + at(t * column)));
    }
  }
}
