// @ts-check
// How a script here gets the glue: the module that wasm-bindgen writes, which has the user's exports.

/**
 * Whether this file lies where wasm-bindgen has put it. A bundler moves it, or says `file:` here.
 * Not so where it is served as it was built: also by Vite's dev server, and from another origin.
 */
const IN_PLACE = /^https?:[^?#]*\/snippets\/perennial-[^/?#]+\/src\/js\/glue\.js(?:[?#]|$)/.test(import.meta.url);

/**
 * The glue, the same module that the page has imported. A bundler rewrites the second import, and what the glue says of its
 * own address is then the address of some chunk; without one, only that address is right, as the glue has the user's name.
 * @param {string} glue its address, as it says itself
 * @returns {Promise<any>}
 */
export function importGlue(glue) {
  if (IN_PLACE) return import(/* webpackIgnore: true */ /* @vite-ignore */ glue);
  // @ts-ignore: the package's folder, which is there only when it is built.
  return import("../../../..");
}

/** Where the leader's script lies, if no bundler has moved it. @returns {URL | undefined} */
export function leaderInPlace() {
  return IN_PLACE ? new URL(import.meta.url.replace("/src/js/glue.js", "/src/js/leader.js")) : undefined;
}

/**
 * An instance of the glue, in a worker.
 * @param {string} glue its address
 * @param {{ module_or_path: WebAssembly.Module, memory: WebAssembly.Memory, thread_stack_size?: number }} init
 * @param {string | undefined} build what the glue has to be, if that is known
 * @returns {Promise<{ app: any, build: string, exports: any }>} `exports` are the instance's own, below the glue
 */
export async function instantiate(glue, init, build) {
  const app = await importGlue(glue);
  const { instantiate } = WebAssembly;
  /** @type {Promise<string> | undefined} */
  let reading;
  /** @type {WebAssembly.Instance | undefined} */
  let instance;
  // The imports are handed over here and nowhere else, and their text changes with the build.
  WebAssembly.instantiate = /** @type {any} */ (
    async (/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) => {
      WebAssembly.instantiate = instantiate;
      reading = fingerprint(imports);
      const found = await reading;
      if (build !== undefined && found !== build) throw new Error(OTHER_BUILD);
      instance = await instantiate(module, imports);
      return instance;
    }
  );
  try {
    await app.default(init);
  } finally {
    WebAssembly.instantiate = instantiate;
  }
  if (reading === undefined) throw new Error("the glue was instantiated here before, which a worker of a pool may not be");
  return { app, build: await reading, exports: instance?.exports };
}

const OTHER_BUILD = "the scripts on the server are of another build than this page, which goes on with what it has; reload it";

/** @param {WebAssembly.Imports} imports */
async function fingerprint(imports) {
  const text = Object.values(imports).flatMap((functions) => Object.entries(functions).map(([name, value]) => `${name} ${value}`));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text.join("\n")));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
