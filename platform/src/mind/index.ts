/**
 * How agents think: asks a model turn by turn, lets it call tools that read or draft, keeps all of it in the journal so that nothing is
 * paid for or done twice. Knows tools and models only as functions; imported by the runner and the composition root.
 */
export { MindMissingError, ToolCallDeniedError } from "./errors.ts";
export { extract } from "./extract.ts";
export { askPersonTool } from "./ask-person.ts";
export { builtInTool } from "./built-in.ts";
export { memoryTools, statedMemories, type MemoryStore } from "./memory.ts";
export { recordTools, type RecordsClient } from "./records.ts";
export { think } from "./think.ts";
export { defaultLimits, type CallAbout, type Found, type MindDeps, type MindTool, type Thinking } from "./types.ts";
