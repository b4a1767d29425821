import { z } from "zod";
import { Address, Command, PartialHealth, Port, RequestPath, ServiceName, Variables } from "./schemas.ts";
import { GitRef, Repository } from "./source/repository.ts";

/** What `deploy.service` needs to know. What the repository's gantry.service.json says can be left out. */
export const ServiceParameters = z.object({
  service: ServiceName.describe("Name of the service"),
  repository: Repository.describe("Git repository: https://… or an absolute path"),
  ref: GitRef.default("HEAD").describe("Branch, tag or commit"),
  port: Port.describe("Port that the service's clients use"),
  address: Address.default("127.0.0.1").describe(
    "Address that the port is opened on; plain HTTP, so loopback unless a TLS terminator needs more",
  ),
  build: z.array(Command).optional().describe("Build commands, each a list of arguments"),
  start: Command.optional().describe("Start command; gets PORT and HOST in its environment"),
  health: PartialHealth.optional().describe("Health probe: path, expectStatus, timeoutMs, consecutive, intervalMs"),
  versionPath: RequestPath.optional().describe("Path whose answer names the commit that runs"),
  network: z.enum(["none", "host"]).optional().describe("Whether the build may use the network"),
  env: Variables.default({}).describe("Environment variables of the service"),
  secrets: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().min(1).meta({ format: "secret" }))
    .default({})
    .describe("Environment variables filled from secrets: variable → name of the secret"),
  drainMs: z
    .int()
    .min(0)
    .max(300_000)
    .default(30_000)
    .describe("How long the old version may take to finish its requests"),
});
