/**
 * The deployment agent: takes a commit to running on a plain host without losing a request, and back. Imports the SDK
 * only; `host/` is the process that stays on the host and imports not even that.
 */
import { defineAgent } from "@gantry/sdk";
import { diagnose } from "./diagnose/diagnose.ts";
import {
  deployService,
  diagnoseRunbook,
  recoverServiceRunbook,
  rollBackService,
  stopServiceRunbook,
} from "./runbooks.ts";
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

export const agent = defineAgent({
  name: "deploy",
  version: "1.0.0",
  title: "Deployment to plain hosts",
  instructions:
    "Deploys services from git repositories. Pin the commit, build it in the sandbox, start it beside the running version, and let nothing get traffic that has not passed its health probe. Keep the old version running until the new one has answered through the public port. To go back, switch first and stop afterwards. When asked why a release failed, go by what the logs say and quote it; what they don't say, you don't know.",
  tools: [
    fetchSource,
    buildRelease,
    startVersion,
    probeHealth,
    switchTraffic,
    verifyTraffic,
    retireVersions,
    findRelease,
    wakeVersion,
    stopService,
    recoverService,
    diagnose,
  ],
  mind: { task: "answer", tools: [] },
  runbooks: [deployService, rollBackService, stopServiceRunbook, recoverServiceRunbook, diagnoseRunbook],
  packageUrl: new URL("..", import.meta.url).href,
});
