/**
 * Running tools: child processes under a shim that outlives the worker, in a sandbox where the host has one, with limits
 * and redaction. Imports only lib and the SDK's errors; the engine and the composition root import this file.
 */
export { probeBubblewrap } from "./bubblewrap.ts";
export type { BubblewrapInfo, BubblewrapProbe } from "./bubblewrap.ts";
export { probeCgroup } from "./cgroup.ts";
export type { CgroupInfo } from "./cgroup.ts";
export * from "./errors.ts";
export { createExec } from "./exec.ts";
export type { Exec, ExecDeps, ExecRequest, RunOptions } from "./exec.ts";
export type { ExecResult } from "./exec-result.ts";
export type { OutputListener } from "./follow-output.ts";
export type { OnWorkerLoss } from "./shim-protocol.ts";
export { probeHostTools } from "./host-tools.ts";
export { createTalks } from "./talk.ts";
export type { OpenTalk, Talk } from "./talk.ts";
export { createWorkspace, removeWorkspace, workspaceAt } from "./workspace.ts";
export type { Workspace } from "./workspace.ts";
