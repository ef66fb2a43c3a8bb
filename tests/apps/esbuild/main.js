import init, * as app from "perennial-fixture";
import wasm from "perennial-fixture/perennial_fixture_bg.wasm";

await init({ module_or_path: new URL(wasm, import.meta.url), memory: app.pageMemory() });
window.app = app;
window.workerUrl = new URL("./leader.js", import.meta.url).href;
