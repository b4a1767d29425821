/**
 * The pure run engine: a plan is data, `evolve` folds events into state, `decide` says which events follow from an
 * input. No clock, no randomness, no I/O: whoever calls supplies them. The platform hosts it durably, the test kit in memory.
 */
export * from "./input.ts";
export * from "./state.ts";
