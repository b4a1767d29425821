import { defineTool, Probe } from "@gantry/sdk";
import { z } from "zod";
import { lookAtDeployed } from "../host-process.ts";
import { Commit, Health, ReleaseId, RequestPath, ServiceName } from "../schemas.ts";
import { probePath } from "./probe-path.ts";
import type { ProbeAnswer, ProbeTarget } from "./probe-path.ts";

/** Asks through the public port, as a client would, whether the new version answers. */
export const verifyTraffic = defineTool({
  name: "deploy.verify",
  version: "1.0.0",
  title: "Verify through the public port",
  effect: "reads",
  input: z.object({
    service: ServiceName,
    release: ReleaseId,
    commit: Commit,
    health: Health,
    versionPath: RequestPath.nullable(),
    times: z.int().min(1).max(100).default(3),
  }),
  output: z.object({ release: ReleaseId, probes: z.array(Probe).min(1) }),
  async run({ service, release, commit, health, versionPath, times }, ctx) {
    const { address, port } = await lookAtDeployed(service, ctx);
    const probes: Probe[] = [];
    for (let index = 1; index <= times; index++) {
      const answer = await ask({ address, port, path: health.path }, ctx.signal);
      probes.push({
        name: `GET ${address}:${port}${health.path} #${index}`,
        expected: `status ${health.expectStatus} from release ${release}`,
        actual: typeof answer === "string" ? answer : `status ${answer.status} from release ${servedBy(answer)}`,
        passed: typeof answer !== "string" && answer.status === health.expectStatus && servedBy(answer) === release,
      });
    }
    if (versionPath !== null) probes.push(await probeVersion({ address, port, path: versionPath }, commit, ctx.signal));
    return { release, probes };
  },
  verify: (_input, { probes }) => Promise.resolve({ probes }),
});

/** The service's own word for it: its answer names the commit. */
async function probeVersion(target: ProbeTarget, commit: string, signal: AbortSignal): Promise<Probe> {
  const answer = await ask(target, signal);
  const names = typeof answer === "string" ? [] : (answer.body.match(/[0-9a-f]{7,64}/g) ?? []);
  return {
    name: `GET ${target.address}:${target.port}${target.path}`,
    expected: `the answer names commit ${commit}`,
    actual: typeof answer === "string" ? answer : answer.body.slice(0, 200),
    passed: names.some((name) => commit.startsWith(name)),
  };
}

async function ask(target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer | string> {
  try {
    return await probePath(target, signal);
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

/** The edge says in a header which version it asked. */
function servedBy({ headers }: ProbeAnswer): string {
  const value = headers["x-gantry-release"];
  return typeof value === "string" ? value : "unknown";
}
