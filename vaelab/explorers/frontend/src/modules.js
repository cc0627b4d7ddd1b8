/**
 * A compiled module with f32x4.relaxed_madd, which not every browser has, for each multiplication and
 * addition: f32x4.mul, local.get, f32x4.add. Nops keep the length.
 */
function relaxed(bytes) {
  const found = bytes.slice();
  for (let i = 0; i < bytes.length - 7; i++) {
    if (
      `${bytes.subarray(i, i + 4)}` === "253,230,1,32" &&
      `${bytes.subarray(i + 5, i + 8)}` === "253,228,1"
    ) {
      found.set([1, 1, 1], i);
      found.set([253, 133, 2], i + 5);
    }
  }
  return found;
}

/** The modules to try, the fastest first. */
export const modulesOf = (bytes) => [relaxed(bytes), bytes];
