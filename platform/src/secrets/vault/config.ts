import { z } from "zod";

const name = (what: string) => z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_./-]{0,199}$/, `must be the name of ${what}`);

/** The variables about the installation's own Vault; config.ts has them among its own. Credentials come from files only. */
export const vaultVariables = {
  GANTRY_KEYS: z
    .enum(["file", "vault"], { error: "must be one of file, vault" })
    .default("file")
    .describe(
      "Where the key is that encrypts the keys of organizations: in the key file, or in Vault's Transit engine. Change it, restart, and everything is wrapped anew; what was wrapped before opens as long as both are configured.",
    ),
  GANTRY_VAULT_ADDRESS: z
    .url({ protocol: /^https?$/, error: "must be a URL such as https://vault.internal:8200" })
    .optional()
    .describe("Address of the Vault that holds the key of `GANTRY_KEYS=vault`."),
  GANTRY_VAULT_NAMESPACE: name("a namespace").optional().describe("Namespace in that Vault (Enterprise, HCP)."),
  GANTRY_VAULT_CA_FILE: z.string().optional().describe("File with the certificates (PEM) that vouch for that Vault."),
  GANTRY_VAULT_TRANSIT_MOUNT: name("a mount").default("transit").describe("Where the Transit engine is mounted."),
  GANTRY_VAULT_TRANSIT_KEY: name("a key").default("gantry").describe("Name of the Transit key."),
  GANTRY_VAULT_AUTH: z
    .enum(["token", "approle", "kubernetes"], { error: "must be one of token, approle, kubernetes" })
    .default("token")
    .describe("How this process logs in at that Vault."),
  GANTRY_VAULT_AUTH_MOUNT: name("a mount")
    .optional()
    .describe("Where the login method is mounted; `approle` or `kubernetes` unless set."),
  GANTRY_VAULT_TOKEN_FILE: z
    .string()
    .optional()
    .describe(
      "File with the token for `GANTRY_VAULT_AUTH=token`, such as Vault's agent writes. It is renewed, and read again when it ends.",
    ),
  GANTRY_VAULT_ROLE_ID: z.string().optional().describe("Role id for `GANTRY_VAULT_AUTH=approle`."),
  GANTRY_VAULT_SECRET_ID_FILE: z.string().optional().describe("File with the secret id that goes with it."),
  GANTRY_VAULT_SECRET_ID_WRAPPED: z
    .enum(["on", "off"], { error: "must be on or off" })
    .default("off")
    .describe("Whether that file holds a wrapping token for the secret id, which is unwrapped once at start."),
  GANTRY_VAULT_ROLE: z.string().optional().describe("Role for `GANTRY_VAULT_AUTH=kubernetes`."),
  GANTRY_VAULT_JWT_FILE: z
    .string()
    .default("/var/run/secrets/kubernetes.io/serviceaccount/token")
    .describe("File with the service account's token for `GANTRY_VAULT_AUTH=kubernetes`."),
  GANTRY_VAULT_GRACE_SECONDS: z.coerce
    .number({ error: "must be a whole number of seconds, at most 86400" })
    .int("must be a whole number of seconds, at most 86400")
    .min(0, "must be a whole number of seconds, at most 86400")
    .max(86_400, "must be a whole number of seconds, at most 86400")
    .default(3_600)
    .describe(
      "Seconds for which unwrapped keys of organizations go on being used while Vault is sealed or away. Organizations whose key isn't in memory wait.",
    ),
};

export type VaultVariables = z.output<z.ZodObject<typeof vaultVariables>>;

/** Undefined where no Vault is named. */
export type VaultConfig = {
  use: boolean;
  address: string;
  namespace: string | undefined;
  caFile: string | undefined;
  transitMount: string;
  transitKey: string;
  graceSeconds: number;
  auth:
    | { kind: "token"; tokenFile: string }
    | { kind: "approle"; mount: string; roleId: string; secretIdFile: string; wrapped: boolean }
    | { kind: "kubernetes"; mount: string; role: string; jwtFile: string };
};

/** What is missing of what goes together. */
export function vaultProblems(given: VaultVariables): { variable: keyof VaultVariables; problem: string }[] {
  if (given.GANTRY_KEYS === "file" && given.GANTRY_VAULT_ADDRESS === undefined) return [];
  const needed: (keyof VaultVariables)[] = ["GANTRY_VAULT_ADDRESS"];
  if (given.GANTRY_VAULT_AUTH === "token") needed.push("GANTRY_VAULT_TOKEN_FILE");
  if (given.GANTRY_VAULT_AUTH === "approle") needed.push("GANTRY_VAULT_ROLE_ID", "GANTRY_VAULT_SECRET_ID_FILE");
  if (given.GANTRY_VAULT_AUTH === "kubernetes") needed.push("GANTRY_VAULT_ROLE");
  const why = `must be set: GANTRY_KEYS=${given.GANTRY_KEYS} with GANTRY_VAULT_AUTH=${given.GANTRY_VAULT_AUTH} needs it`;
  return needed.filter((one) => given[one] === undefined).map((variable) => ({ variable, problem: why }));
}

export function vaultConfig(given: VaultVariables): VaultConfig | undefined {
  const { GANTRY_VAULT_ADDRESS: address } = given;
  if (address === undefined) return undefined;
  return {
    use: given.GANTRY_KEYS === "vault",
    address,
    namespace: given.GANTRY_VAULT_NAMESPACE,
    caFile: given.GANTRY_VAULT_CA_FILE,
    transitMount: given.GANTRY_VAULT_TRANSIT_MOUNT,
    transitKey: given.GANTRY_VAULT_TRANSIT_KEY,
    graceSeconds: given.GANTRY_VAULT_GRACE_SECONDS,
    auth: authOf(given),
  };
}

function authOf(given: VaultVariables): VaultConfig["auth"] {
  switch (given.GANTRY_VAULT_AUTH) {
    case "token":
      return { kind: "token", tokenFile: given.GANTRY_VAULT_TOKEN_FILE ?? "" };
    case "approle":
      return {
        kind: "approle",
        mount: given.GANTRY_VAULT_AUTH_MOUNT ?? "approle",
        roleId: given.GANTRY_VAULT_ROLE_ID ?? "",
        secretIdFile: given.GANTRY_VAULT_SECRET_ID_FILE ?? "",
        wrapped: given.GANTRY_VAULT_SECRET_ID_WRAPPED === "on",
      };
    case "kubernetes":
      return {
        kind: "kubernetes",
        mount: given.GANTRY_VAULT_AUTH_MOUNT ?? "kubernetes",
        role: given.GANTRY_VAULT_ROLE ?? "",
        jwtFile: given.GANTRY_VAULT_JWT_FILE,
      };
    default:
      return given.GANTRY_VAULT_AUTH satisfies never;
  }
}
