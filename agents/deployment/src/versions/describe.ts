import type { ToolContext } from "@gantry/sdk";

/** From the last request to SIGTERM, and from SIGTERM to SIGKILL, in milliseconds. */
export const between = { drainMs: 30_000, graceMs: 10_000 };

/** A release as the blast radius names it. */
export function describeRelease(service: string, release: string, ctx: Pick<ToolContext, "environment">): string {
  return `${ctx.environment}/${service} release ${release}`;
}

export function describeService(service: string, ctx: Pick<ToolContext, "environment">): string {
  return `service ${ctx.environment}/${service}`;
}

export function short(commit: string): string {
  return commit.slice(0, 12);
}
