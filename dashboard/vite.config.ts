import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { endpointsOnly } from "./endpoints-only.ts";

/** Makes dist/, which the platform serves; `npm run dev` makes it anew with every change. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [endpointsOnly(), react(), tailwindcss()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    // Anything inlined as data: would need a weaker policy of content.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    // scripts/check/dashboard-size.ts says what is too large.
    chunkSizeWarningLimit: 2_000,
  },
});
