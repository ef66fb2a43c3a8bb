import init, * as app from "perennial-fixture";

await init({ memory: app.pageMemory() });
window.app = app;
