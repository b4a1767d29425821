import { defineTool, Probe } from "@gantry/sdk";
import { z } from "zod";
import { Health, ReleaseId, ServiceName } from "../schemas.ts";
import { gateRelease } from "./gate.ts";

/** The health gate: a version that doesn't pass never gets traffic. */
export const probeHealth = defineTool({
  name: "deploy.probe",
  version: "1.0.0",
  title: "Probe the new version's health",
  effect: "reads",
  timeoutMs: 35 * 60_000,
  input: z.object({ service: ServiceName, release: ReleaseId, health: Health }),
  output: z.object({ release: ReleaseId, probes: z.array(Probe).min(1) }),
  async run({ service, release, health }, ctx) {
    const probes = await gateRelease(service, release, health, ctx);
    ctx.log(`Release ${release} is healthy`, { probes: probes.length });
    return { release, probes };
  },
  verify: (_input, { probes }) => Promise.resolve({ probes }),
});
