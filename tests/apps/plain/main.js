import init, * as app from "./node_modules/perennial-fixture/perennial_fixture.js";

await init({ memory: app.pageMemory() });
window.app = app;
