/**
 * Running tools: child processes under a shim that outlives the worker, in a sandbox where the host has one, with limits
 * and redaction. Imports only lib and the SDK's errors; the engine and the composition root import this file.
 */
export { probeBubblewrap } from "./bubblewrap.ts";
export type { BubblewrapInfo, BubblewrapProbe } from "./bubblewrap.ts";
export { probeCgroup } from "./cgroup.ts";
export type { CgroupInfo, CgroupProbe } from "./cgroup.ts";
export * from "./errors.ts";
export { createExec } from "./exec.ts";
export type { Exec, ExecDeps, ExecLimits, ExecRequest, RunOptions } from "./exec.ts";
export type { ExecResult } from "./exec-result.ts";
export type { Adoption, ExecutionOnDisk, Executions } from "./executions.ts";
export { findTool } from "./find-tool.ts";
export type { OutputChunk, OutputListener } from "./follow-output.ts";
export { stripControl } from "./output.ts";
export type { CapturedOutput } from "./output.ts";
export { requireVersion } from "./require-version.ts";
export type { OnWorkerLoss, StopReason } from "./shim-protocol.ts";
export { createWorkspace, removeWorkspace, workspaceAt } from "./workspace.ts";
export type { Workspace } from "./workspace.ts";
