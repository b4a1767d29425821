import { enableCompileCache, flushCompileCache } from "node:module";
import { afterAll } from "vitest";
import { compiledProgram } from "./compiled.ts";

/**
 * Each file has a process of its own, and most import the same: a tenth of a whole run was stripping types and compiling. Blocks
 * inside functions are counted exactly with the cache, too.
 */
enableCompileCache(compiledProgram.NODE_COMPILE_CACHE);
afterAll(() => flushCompileCache());
