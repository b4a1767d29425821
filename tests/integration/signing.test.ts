import { createPublicKey, verify, type JsonWebKey } from "node:crypto";
import { expect, test } from "vitest";
import { createSigner } from "../../platform/src/signing/index.ts";
import { startTestApi, refusalOf } from "../support/api.ts";

test("signing keys are made once, published, rotated with overlap, and believed no longer than that", async () => {
  await using t = await startTestApi();
  const { pool, keyring } = t;
  let now = Date.now();
  const signer = () => createSigner({ pool, keyring, now: () => now });
  const [one, other] = [signer(), signer()];
  const bytes = Buffer.from("what is signed");

  const [first, same] = await Promise.all([one.sign(bytes), other.sign(bytes)]);
  expect(same).toEqual(first);
  const published = (await (await fetch(`${t.url}/.well-known/jwks.json`)).json()) as { keys: JsonWebKey[] };
  expect(published.keys).toEqual([
    { kty: "OKP", crv: "Ed25519", x: expect.any(String), kid: first.kid, alg: "EdDSA", use: "sig" },
  ]);
  const key = createPublicKey({ key: published.keys[0] ?? {}, format: "jwk" });
  expect(verify(null, bytes, key, Buffer.from(first.signature, "base64url"))).toBe(true);
  expect(await other.verify(first.kid, bytes, first.signature)).toBe(true);
  expect(await other.verify(first.kid, Buffer.from("something else"), first.signature)).toBe(false);
  expect(await other.verify("nobody's", bytes, first.signature)).toBe(false);

  const person = await t.addPerson("admin of one organization", { scopes: ["read", "admin"] });
  expect(await refusalOf(person.client.signing.rotate({ reason: "A drill" }))).toEqual([403, "scope_missing"]);
  const { items } = await t.client.signing.rotate({ reason: "A drill", overlapHours: 1 });
  expect(items.map(({ kid, retiresAt }) => [kid === first.kid, retiresAt === null])).toEqual([
    [true, false],
    [false, true],
  ]);
  const second = await signer().sign(bytes);
  expect(second.kid).toBe(items[1]?.kid);
  // Who hadn't heard of the new key looks it up once it meets it, and the old one is good for an hour.
  now += 2_000;
  expect(await one.verify(second.kid, bytes, second.signature)).toBe(true);
  expect(await one.verify(first.kid, bytes, first.signature)).toBe(true);
  const signedAt = now;
  now += 3_700_000;
  expect(await one.verify(first.kid, bytes, first.signature)).toBe(false);
  expect(await one.verify(first.kid, bytes, first.signature, signedAt)).toBe(true);
  expect((await one.jwks()).keys.map(({ kid }) => kid)).toEqual([second.kid]);
});

test("a key that the one before didn't sign isn't one", async () => {
  await using t = await startTestApi();
  const { pool, keyring } = t;
  const own = await createSigner({ pool, keyring, now: Date.now }).sign(Buffer.from("mine"));
  // Whoever can write rows, but has no key of the installation's, makes a chain of their own.
  await using elsewhere = await startTestApi();
  const stranger = createSigner({ pool: elsewhere.pool, keyring: elsewhere.keyring, now: Date.now });
  const forged = await stranger.sign(Buffer.from("forged"));
  const { rows } = await elsewhere.pool.query("SELECT * FROM signing_keys");
  await t.engine.admin.query(
    "INSERT INTO signing_keys (kid, ordinal, public, sealed, endorsement) VALUES ($1, 2, $2, $3, $4)",
    [rows[0].kid, JSON.stringify(rows[0].public), rows[0].sealed, rows[0].endorsement],
  );
  const signer = createSigner({ pool, keyring, now: Date.now });
  expect(await signer.verify(forged.kid, Buffer.from("forged"), forged.signature)).toBe(false);
  expect((await signer.sign(Buffer.from("mine"))).kid).toBe(own.kid);
});
