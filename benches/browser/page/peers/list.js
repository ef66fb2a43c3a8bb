// The peers. No script of theirs is loaded before it is its turn.

/** @type {Record<string, () => Promise<{ start: (options: any) => any }>>} */
export const peers = {
  perennial: () => import("./perennial.js"),
  comlink: () => import("./comlink.js"),
  workerpool: () => import("./workerpool.js"),
  poolifier: () => import("./poolifier.js"),
  "one hop": () => import("./one-hop.js"),
  "two hops": () => import("./two-hops.js"),
  rayon: () => import("./rayon.js"),
};
