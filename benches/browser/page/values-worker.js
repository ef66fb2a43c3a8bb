// Values without a pool: a buffer that is moved here, copied into a shared memory and out of it again; objects that are
// cloned by the browser and read and written in Rust by serde-wasm-bindgen.

import init, { echo_by_serde_wasm_bindgen, pageMemory } from "../pkg/perennial_bench.js";

let shared;

addEventListener("message", async ({ data: { limit, bytes, objects } }) => {
  try {
    if (limit) {
      await init({ memory: pageMemory({ maximum: limit }) });
      return postMessage({});
    }
    if (objects) return postMessage({ value: echo_by_serde_wasm_bindgen(objects) });
    if (!shared || shared.byteLength < bytes.byteLength) shared = new SharedArrayBuffer(bytes.byteLength);
    const inside = new Uint8Array(shared, 0, bytes.byteLength);
    inside.set(new Uint8Array(bytes));
    const value = inside.slice().buffer;
    postMessage({ value }, { transfer: [value] });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
