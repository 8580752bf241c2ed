/**
 * Builds the page into `dist/app`, which the platform embeds.
 *
 * The page runs under `script-src 'self'; style-src 'self'` without nonces, so nothing may be inlined: no data: assets, no
 * module preload polyfill, workers as files.
 */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const platform = process.env.STREAMGATE_URL ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist/app",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // hls.js alone is larger than the default warning; scripts/budget.mjs is the judge of sizes.
    chunkSizeWarningLimit: 1024,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": platform, "/streams": platform, "/t": platform } },
});
