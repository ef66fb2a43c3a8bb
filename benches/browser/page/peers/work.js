// What the peers in JavaScript do. Those in Rust do the same: see benches/peers/src/work.rs.

const PAGE = 4096;

/** Keeps this thread busy. @param {number} us */
export function spin(us) {
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
}

/** Writes to every page of so many bytes and drops them. Returns how many pages that were. @param {number} bytes */
export function fill(bytes) {
  const block = new Uint8Array(bytes);
  let pages = 0;
  for (let at = 0; at < bytes; at += PAGE) pages += block[at] = 1;
  return pages;
}
