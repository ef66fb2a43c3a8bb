// Readings that are many, as pairs of a value and how often it was read.

/** Microseconds between one value and the next: as finely as a browser's clock tells the time. As in page/peers/measure.js. */
const STEP_US = 5;

/**
 * Readings of one value are taken to lie evenly around it: else a median of a few steps would jump by a whole one.
 * @param {[number, number][]} pairs @param {number} q from 0 to 1: so many of all readings are not above what is returned
 */
export function quantileOf(pairs, q) {
  const sorted = [...pairs].sort(([a], [b]) => a - b);
  let left = q * sorted.reduce((sum, [, count]) => sum + count, 0);
  for (const [value, count] of sorted) {
    if (left <= count) return Math.max(value + STEP_US * (left / count - 0.5), 0);
    left -= count;
  }
  return NaN;
}
