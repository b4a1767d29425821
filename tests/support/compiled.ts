import { join } from "node:path";

/**
 * Environment of children that are whole programs: compiled as a user has them after the first start, since a fresh home
 * would mean compiling everything again, and without coverage, which takes half as long again. What they run counts where
 * tests run it in their own process, and in `platform-start.test.ts`.
 */
export const compiledProgram = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, "../../node_modules/.cache/gantry-tests/compiled"),
  NODE_V8_COVERAGE: "",
};
