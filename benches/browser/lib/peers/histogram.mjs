// Readings that are many, as pairs of a value and how often it was read.

/** @param {[number, number][]} pairs @param {number} q from 0 to 1: so many of all readings are not above what is returned */
export function quantileOf(pairs, q) {
  const sorted = [...pairs].sort(([a], [b]) => a - b);
  let left = q * sorted.reduce((sum, [, count]) => sum + count, 0);
  for (const [value, count] of sorted) {
    left -= count;
    if (left <= 0) return value;
  }
  return NaN;
}
