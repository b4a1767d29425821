import { z } from "zod";

/** Service names become folders, so: lower case, digits and single hyphens, nothing a path could mean. */
export const ServiceName = z
  .string()
  .regex(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "A service's name is lower-case letters, digits and hyphens, and starts with a letter.",
  )
  .max(50);

/** `<first 12 digits of the commit>-<8 digits that name run and manifest>`. */
export const ReleaseId = z.string().regex(/^[0-9a-f]{12}-[0-9a-f]{8}$/);

export const Commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);

/** A command as an argument array; no shell sees it. */
export const Command = z
  .array(
    z
      .string()
      .max(10_000)
      .refine((text) => !text.includes("\0"), "An argument can't hold a NUL character."),
  )
  .min(1)
  .max(200)
  .refine(
    ([command]) => command !== undefined && /^[^-\s]/.test(command),
    "A command starts with the name of a program.",
  );

export const RequestPath = z
  .string()
  .regex(/^\/[\x21-\x7e]*$/, "A path starts with / and has printable ASCII only.")
  .max(2_000);

const healthFields = {
  path: RequestPath,
  expectStatus: z.int().min(100).max(599),
  /** Milliseconds from the first probe to the last success. */
  timeoutMs: z
    .int()
    .min(100)
    .max(30 * 60_000),
  /** Successes in a row. */
  consecutive: z.int().min(1).max(100),
  intervalMs: z.int().min(10).max(60_000),
};
export const Health = z.object(healthFields);
export const defaultHealth: z.infer<typeof Health> = {
  path: "/",
  expectStatus: 200,
  timeoutMs: 30_000,
  consecutive: 3,
  intervalMs: 200,
};
/** What somebody says of it. Without defaults: what parameters leave out must not hide what the repository says. */
export const PartialHealth = z.strictObject(healthFields).partial();

/** What a repository's `gantry.service.json` may say; parameters of the runbook win over it. */
export const Manifest = z.strictObject({
  $schema: z.string().optional(),
  build: z.array(Command).max(50).optional(),
  /** Gets PORT and HOST in its environment. */
  start: Command.optional(),
  health: PartialHealth.optional(),
  /** A path whose answer holds the commit that runs (the service gets it as GANTRY_COMMIT). */
  versionPath: RequestPath.optional(),
  /** Whether the build may use the network. */
  network: z.enum(["none", "host"]).optional(),
});
export type Manifest = z.infer<typeof Manifest>;

/** The manifest with all defaults in place. */
export const Procedure = z.object({
  build: z.array(Command),
  start: Command,
  health: Health,
  versionPath: RequestPath.nullable(),
  network: z.enum(["none", "host"]),
});
export type Procedure = z.infer<typeof Procedure>;

const reserved = /^(PORT|HOST|GANTRY_.*)$/;

/** Environment variables of a service. */
export const Variables = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "An environment variable's name is letters, digits and _.")
    .refine((name) => !reserved.test(name), "PORT, HOST and GANTRY_* are set by Gantry."),
  z.string().refine((text) => !text.includes("\0"), "An environment variable can't hold a NUL character."),
);

export const Port = z.int().min(1).max(65_535);
/** What the public port is bound to; loopback unless said otherwise, as the edge speaks plain HTTP. */
export const Address = z.union([z.ipv4(), z.ipv6()]);
