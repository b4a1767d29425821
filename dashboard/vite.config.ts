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
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // A browser asks for six files at a time: what every page needs is one, and what screens share isn't dozens of crumbs.
            { name: "start", tags: ["$initial"], priority: 1 },
            { name: "shared", minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 8_000 },
          ],
        },
      },
    },
    // scripts/check/dashboard-size.ts says what is too large.
    chunkSizeWarningLimit: 2_000,
  },
});
