import { createHash, randomBytes } from "node:crypto";
import { CiphertextRejectedError } from "../errors.ts";
import type { KeyPlace, VaultKeyEncryption } from "../key-encryption.ts";
import type { VaultAnswer, VaultClient } from "./client.ts";
import { VaultSealedError, VaultUnavailableError } from "./errors.ts";

/** An unwrapped key is asked for again after this, so that what Vault's operator takes away ends here too. */
const askAgainMs = 15 * 60_000;

/**
 * Keys of organizations under a key of Vault's Transit engine, which never leaves Vault. What is encrypted there is the key and a
 * digest of whose it is: Transit's own associated data isn't kept by `rewrap`.
 */
export function createVaultTransit(deps: {
  client: VaultClient;
  mount: string;
  key: string;
  /** For how long unwrapped keys are used on while Vault is away. */
  withoutAnswerMs: number;
}): VaultKeyEncryption {
  const { client, mount, key } = deps;
  const call = (verb: string, name: string, body: unknown) => {
    const slash = name.lastIndexOf("/");
    return client.call("POST", `${name.slice(0, slash)}/${verb}/${name.slice(slash + 1)}`, body);
  };
  const own = `${mount}/${key}`;

  const encrypt = async (plaintext: Buffer) => {
    const ciphertext = text(await call("encrypt", own, { plaintext: plaintext.toString("base64") }), "ciphertext");
    return stored(ciphertext);
  };
  const decrypt = async (kek: string, wrapped: Buffer) => {
    const answer = await call("decrypt", nameOf(kek), { ciphertext: wrapped.toString("utf8") });
    return Buffer.from(text(answer, "plaintext"), "base64");
  };
  /** Of the form `vault:v3:…`. */
  const stored = (ciphertext: string) => {
    const version = /^vault:v(\d+):/.exec(ciphertext)?.[1];
    if (version === undefined)
      throw new VaultUnavailableError("its Transit engine answered with another form of ciphertext");
    return { kek: `vault:${own}:${version}`, wrapped: Buffer.from(ciphertext) };
  };
  return {
    trust: { askAgainMs, withoutAnswerMs: deps.withoutAnswerMs },
    current: () => `vault:${own}:%`,
    wrap: (place, secret) => encrypt(Buffer.concat([secret, digestOf(place)])),
    async unwrap(place, { kek, wrapped }) {
      const plaintext = await decrypt(kek, wrapped);
      if (plaintext.length !== 64 || !plaintext.subarray(32).equals(digestOf(place)))
        throw new CiphertextRejectedError("organization-key");
      return Buffer.from(plaintext.subarray(0, 32));
    },
    async rewrap(_place, { kek, wrapped }) {
      if (nameOf(kek) !== own) return encrypt(await decrypt(kek, wrapped));
      const renewed = stored(text(await call("rewrap", own, { ciphertext: wrapped.toString("utf8") }), "ciphertext"));
      return renewed.kek === kek ? null : renewed;
    },
    async rotate() {
      await client.call("POST", `${mount}/keys/${key}/rotate`, {});
    },
    async check() {
      const name = `vault:${own}`;
      try {
        const health = await client.health();
        if (health === "sealed") throw new VaultSealedError();
        if (health === "uninitialized") throw new VaultUnavailableError("it isn't initialized");
        const probe = randomBytes(32);
        const { kek, wrapped } = await encrypt(probe);
        if (!(await decrypt(kek, wrapped)).equals(probe))
          throw new VaultUnavailableError("it opens what it encrypted as something else");
        return { source: "vault", name, ok: true, problem: null };
      } catch (error) {
        return { source: "vault", name, ok: false, problem: error instanceof Error ? error.message : String(error) };
      }
    },
    close: async () => undefined,
  };
}

/** `<mount>/<key>` of `vault:<mount>/<key>:<version>`. */
function nameOf(kek: string): string {
  return kek.replace(/^vault:/, "").replace(/:\d+$/, "");
}

function digestOf({ org, version }: KeyPlace): Buffer {
  return createHash("sha256")
    .update(JSON.stringify(["gantry organization key", org, version]))
    .digest();
}

function text(answer: VaultAnswer | null, field: string): string {
  const value = answer?.data?.[field];
  if (typeof value !== "string")
    throw new VaultUnavailableError(`its answer lacks ${field}; is the Transit key there?`);
  return value;
}
