import { defineRunbook, secret } from "@gantry/sdk";
import { z } from "zod";
import { diagnose } from "./diagnose/diagnose.ts";
import { ServiceParameters } from "./parameters.ts";
import { ServiceName } from "./schemas.ts";
import { buildRelease } from "./source/build.ts";
import { fetchSource } from "./source/fetch.ts";
import { probeHealth } from "./traffic/probe.ts";
import { switchTraffic } from "./traffic/switch.ts";
import { verifyTraffic } from "./traffic/verify.ts";
import { findRelease } from "./versions/find.ts";
import { recoverService } from "./versions/recover.ts";
import { retireVersions } from "./versions/retire.ts";
import { startVersion } from "./versions/start.ts";
import { stopService } from "./versions/stop.ts";
import { wakeVersion } from "./versions/wake.ts";

const key = ({ service }: { service: string }, environment: string): string => `deploy:${environment}/${service}`;

/** The old version runs until the very end, so that at every step the way back is a switch. */
export const deployService = defineRunbook({
  name: "deploy.service",
  version: "1.0.0",
  title: "Deploy a service",
  description:
    "Builds a commit, starts it beside the running version, probes it, switches the traffic without losing a request and stops the old version.",
  intents: ["deploy a service", "ship it to staging", "release a new version", "roll out a commit"],
  parameters: ServiceParameters,
  onFailure: "undo",
  concurrencyKey: key,
  plan(plan, parameters) {
    const { service, repository, ref, port, address, build, start, health, versionPath, network, env, drainMs } =
      parameters;
    const overrides = { build, start, health, versionPath, network };
    const secrets = Object.fromEntries(Object.entries(parameters.secrets).map(([name, of]) => [name, secret(of)]));

    const fetched = plan.step("fetch", fetchSource, { service, repository, ref, overrides });
    const { commit, source, procedure } = fetched.output;
    const built = plan.step("build", buildRelease, { service, commit, source, procedure });
    const { release, files } = built.output;
    const started = plan.step("start", startVersion, {
      service,
      release,
      commit,
      files,
      port,
      address,
      procedure,
      env,
      secrets,
    });
    const probed = plan.step(
      "probe",
      probeHealth,
      { service, release, health: procedure.health },
      { after: [started] },
    );
    const switched = plan.step("switch", switchTraffic, { service, release, commit }, { after: [probed] });
    const verified = plan.step(
      "verify",
      verifyTraffic,
      { service, release, commit, health: procedure.health, versionPath: procedure.versionPath, times: 3 },
      { after: [switched] },
    );
    plan.step("retire", retireVersions, { service, release, drainMs, keep: 5 }, { after: [verified] });
  },
});

/** Back to an earlier release that is still on disk. */
export const rollBackService = defineRunbook({
  name: "deploy.rollback",
  version: "1.0.0",
  title: "Go back to an earlier release",
  intents: ["roll back a service", "go back to the previous version"],
  parameters: z.object({
    service: ServiceName.describe("Name of the service"),
    to: z.string().optional().describe("Release, or beginning of a commit; the previous release when left out"),
  }),
  onFailure: "undo",
  concurrencyKey: key,
  plan(plan, { service, to }) {
    const found = plan.step("find", findRelease, { service, ...(to === undefined ? {} : { to }) });
    const { release, commit, health, versionPath } = found.output;
    const woken = plan.step("start", wakeVersion, { service, release, commit });
    const probed = plan.step("probe", probeHealth, { service, release, health }, { after: [woken] });
    const switched = plan.step("switch", switchTraffic, { service, release, commit }, { after: [probed] });
    const verified = plan.step(
      "verify",
      verifyTraffic,
      { service, release, commit, health, versionPath, times: 3 },
      { after: [switched] },
    );
    plan.step("retire", retireVersions, { service, release, drainMs: 30_000, keep: 5 }, { after: [verified] });
  },
});

export const stopServiceRunbook = defineRunbook({
  name: "deploy.stop",
  version: "1.0.0",
  title: "Stop a service",
  intents: ["stop a service", "take a service down"],
  parameters: z.object({ service: ServiceName.describe("Name of the service") }),
  onFailure: "stop",
  concurrencyKey: key,
  plan: (plan, { service }) => void plan.step("stop", stopService, { service }),
});

export const recoverServiceRunbook = defineRunbook({
  name: "deploy.recover",
  version: "1.0.0",
  title: "Bring a service back after its machine was restarted",
  intents: ["recover a service", "start a service again after a reboot"],
  parameters: z.object({ service: ServiceName.describe("Name of the service") }),
  onFailure: "stop",
  concurrencyKey: key,
  plan: (plan, { service }) => void plan.step("recover", recoverService, { service }),
});

export const diagnoseRunbook = defineRunbook({
  name: "deploy.diagnose",
  version: "1.0.0",
  title: "Find out why a release failed",
  description:
    "Reads the state and logs of a service on its host, and the failed run's error where it is given. It changes nothing.",
  intents: ["diagnose a failed release", "find out why a deployment failed"],
  parameters: z.object({
    service: ServiceName.describe("Name of the service"),
    evidence: z
      .string()
      .max(100_000)
      .default("")
      .describe("What else there is to go by: the failed run's error, its log"),
    model: z.boolean().default(true).describe("False: by known signs alone, without a model"),
  }),
  plan: (plan, parameters) => void plan.step("diagnose", diagnose, parameters),
});
