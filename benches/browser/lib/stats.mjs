// Statistics that one odd reading does not move.

/** By linear interpolation between the readings. @param {number[]} values @param {number} q from 0 to 1 */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/** The middle half, as "a to b". @param {number[]} values @param {number} digits */
export function middleHalf(values, digits) {
  return `${quantile(values, 0.25).toFixed(digits)} to ${quantile(values, 0.75).toFixed(digits)}`;
}

/** `n` values drawn again and again: where the true median lies, with 95 % confidence. @param {number[]} values */
export function medianWithin(values, digits) {
  let state = 1;
  const random = () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
  const medians = Array.from({ length: 2000 }, () => median(values.map(() => values[Math.floor(random() * values.length)])));
  return `${quantile(medians, 0.025).toFixed(digits)} to ${quantile(medians, 0.975).toFixed(digits)}`;
}
