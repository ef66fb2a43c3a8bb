const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default {
  worker: { format: "es" },
  optimizeDeps: { exclude: ["perennial-fixture"] },
  server: { headers },
  preview: { headers },
};
