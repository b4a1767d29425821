import { registerHooks } from "node:module";

/** Loaded before the platform: it then finds the bench's module where its own would be. */
const part = process.env["BENCH_WITHOUT"] === "access" ? "access" : "audit-call";
const substitute = new URL(`without-${part}.ts`, import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const exchanged = found.url.endsWith(`/platform/src/api/${part}.ts`) && context.parentURL !== substitute;
    return exchanged ? { ...found, url: substitute, shortCircuit: true } : found;
  },
});
