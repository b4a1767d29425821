import { enableCompileCache, flushCompileCache } from "node:module";
import { afterAll } from "vitest";
import { compiledProgram } from "./compiled.ts";

/** Whoever tests one file after the other needn't strip types and compile each time. Blocks inside functions are counted exactly all the same. */
enableCompileCache(compiledProgram.NODE_COMPILE_CACHE);
afterAll(() => flushCompileCache());
