import { readFileSync } from "node:fs";
import { GantryError } from "@gantry/sdk";
import type { Pool } from "pg";
import { createSignIn, IdentityProviders, type IdentityProvider, type SignIn } from "../auth/index.ts";
import type { Config } from "../config.ts";
import { connect } from "../postgres/index.ts";
import type { Parts } from "./parts.ts";
import { applyProvider } from "../api/index.ts";
import { createSendMail } from "./send-mail.ts";

export class IdentityProvidersInvalidError extends GantryError {
  readonly code = "identity_providers_invalid";
  override readonly fault = "operational";
  constructor(file: string, why: string) {
    super(`The identity providers in ${file} can't be used: ${why}`, { details: { file } });
  }
}

/** Sign-in with its own connections, which are made when somebody first signs in. */
export function openSignIn(
  { config, database, keyring, newId, log }: Parts,
  engine: Pool,
  url: () => string,
): { signIn: SignIn; authPool: Pool } {
  const authPool = connect(database.authUrl, {
    name: "gantry-auth",
    max: 4,
    settings: { search_path: "auth,public" },
    log,
  });
  const signIn = createSignIn({
    pool: authPool,
    key: keyring.deriveKey("sign-in"),
    config: {
      sessionSeconds: config.sessionHours * 3_600,
      idleSeconds: config.sessionIdleMinutes * 60,
      passwordMinimum: 12,
      signInsPerMinute: 20,
    },
    url,
    providers: readProviders(config),
    onProviderSignIn: (signedIn) => applyProvider({ pool: engine, newId }, signedIn),
    breachListUrl: config.breachListUrl,
    sendsMail: config.mailServer !== undefined,
    sendMail: createSendMail({ server: config.mailServer, from: config.mailFrom }, log),
    newId,
    now: Date.now,
    log,
  });
  return { signIn, authPool };
}

/** @throws IdentityProvidersInvalidError */
function withSecret(
  file: string,
  { clientSecretFile, clientSecret, ...provider }: ReturnType<typeof IdentityProviders.parse>[number],
): IdentityProvider {
  try {
    const secret = clientSecretFile === undefined ? clientSecret : readFileSync(clientSecretFile, "utf8").trim();
    if (secret !== undefined && secret !== "") return { ...provider, clientSecret: secret };
  } catch (error) {
    throw new IdentityProvidersInvalidError(file, error instanceof Error ? error.message : String(error));
  }
  throw new IdentityProvidersInvalidError(file, `${provider.id} has neither clientSecret nor clientSecretFile.`);
}

/** @throws IdentityProvidersInvalidError */
function readProviders({ identityProvidersFile }: Config): IdentityProvider[] {
  if (identityProvidersFile === undefined) return [];
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(identityProvidersFile, "utf8"));
  } catch (error) {
    throw new IdentityProvidersInvalidError(
      identityProvidersFile,
      error instanceof Error ? error.message : String(error),
    );
  }
  const parsed = IdentityProviders.safeParse(content);
  if (parsed.success) return parsed.data.map((one) => withSecret(identityProvidersFile, one));
  const why = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ");
  throw new IdentityProvidersInvalidError(identityProvidersFile, why);
}
