import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { WebhookSource } from "@gantry/sdk/api";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

export interface Delivery {
  headers: IncomingHttpHeaders;
  /** As it came: signatures are of bytes. */
  body: Buffer;
}

export type Verdict =
  /** `keys`: what makes the delivery that very one. */
  { valid: true; keys: string[]; event: string | null } | { valid: false; outcome: "bad_signature" | "replayed" };

const forged: Verdict = { valid: false, outcome: "bad_signature" };

/** Headers of which one must be there: without any of them nobody needs to read the body. */
const credentials = ["webhook-signature", "x-hub-signature-256", "x-gitlab-token", "authorization"];

export function carriesSignature(headers: IncomingHttpHeaders): boolean {
  return credentials.some((name) => typeof headers[name] === "string");
}

/** Checks the delivery against each of the secrets that are good now; comparing takes as long whatever is given. */
export function verifyDelivery(
  scheme: WebhookSource["scheme"],
  secrets: readonly string[],
  delivery: Delivery,
): Verdict {
  switch (scheme) {
    case "standard":
      return verifyStandard(secrets, delivery, null);
    case "github":
      return verifyGitHub(secrets, delivery);
    case "gitlab":
      return verifyGitLab(secrets, delivery);
    case "alertmanager":
      return verifyAlertmanager(secrets, delivery);
    default:
      return scheme satisfies never;
  }
}

/** Standard Webhooks 1.0: the id and the time are signed too, so an old delivery is known by its time. */
function verifyStandard(secrets: readonly string[], { headers, body }: Delivery, event: string | null): Verdict {
  const signed = {
    "webhook-id": one(headers, "webhook-id") ?? "",
    "webhook-timestamp": one(headers, "webhook-timestamp") ?? "",
    "webhook-signature": one(headers, "webhook-signature") ?? "",
  };
  let outcome: "bad_signature" | "replayed" = "bad_signature";
  for (const secret of secrets) {
    try {
      new Webhook(secret).verify(body, signed, { jsonParse: false });
      return { valid: true, keys: [idKey(signed["webhook-id"])], event };
    } catch (error) {
      if (error instanceof WebhookVerificationError && /timestamp too/.test(error.message)) outcome = "replayed";
    }
  }
  return { valid: false, outcome };
}

/** X-Hub-Signature-256 is of the body alone, so the body is a key too: a new delivery id doesn't make it another one. */
function verifyGitHub(secrets: readonly string[], { headers, body }: Delivery): Verdict {
  const given = one(headers, "x-hub-signature-256") ?? "";
  const fits = secrets.filter((secret) =>
    equal(given, `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`),
  );
  if (fits.length === 0) return forged;
  const id = one(headers, "x-github-delivery");
  return { valid: true, keys: [bodyKey(body), ...ids(id)], event: one(headers, "x-github-event") };
}

/** A signing token signs as Standard Webhooks do; the older secret token only shows that the sender knows it. */
function verifyGitLab(secrets: readonly string[], delivery: Delivery): Verdict {
  const { headers, body } = delivery;
  const event = one(headers, "x-gitlab-event");
  if (one(headers, "webhook-signature") !== null) return verifyStandard(secrets, delivery, event);
  const given = one(headers, "x-gitlab-token") ?? "";
  if (!secrets.some((secret) => equal(given, secret))) return forged;
  return { valid: true, keys: [bodyKey(body), ...ids(one(headers, "idempotency-key"))], event };
}

/** A bearer token and nothing that tells one delivery from the next but what it says. */
function verifyAlertmanager(secrets: readonly string[], { headers, body }: Delivery): Verdict {
  const given = /^bearer +(\S+)$/i.exec(one(headers, "authorization") ?? "")?.[1] ?? "";
  if (!secrets.some((secret) => equal(given, secret))) return forged;
  return { valid: true, keys: [bodyKey(body)], event: null };
}

/** In constant time, also where the lengths differ. */
function equal(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

function one(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" ? value : null;
}

function ids(id: string | null): string[] {
  return id === null ? [] : [idKey(id)];
}

function idKey(id: string): string {
  return `id ${id.length <= 200 ? id : createHash("sha256").update(id).digest("hex")}`;
}

function bodyKey(body: Buffer): string {
  return `body ${createHash("sha256").update(body).digest("hex")}`;
}
