import type { Destination } from "@gantry/sdk/api";
import { Webhook } from "standardwebhooks";
import { sendRequest } from "../../outgoing/index.ts";
import { SigningSecretInvalidError } from "../errors.ts";
import type { ChannelDeps, Message, Outcome } from "./channel.ts";
import { outcomeOf } from "./http-outcome.ts";

/** A CloudEvent (1.0.2, JSON, structured mode), signed by Standard Webhooks with each secret that is good now. */
export async function sendWebhook(
  deps: ChannelDeps,
  { url, secret, privateAddresses }: Extract<Destination, { channel: "webhook" }>,
  message: Message,
): Promise<Outcome> {
  const { now, signal, guard } = deps;
  const [notice] = message.notices;
  const body = JSON.stringify({
    specversion: "1.0",
    id: message.id,
    source: `${message.url}/organizations/${message.subscription.org}`,
    type: `gantry.${notice.kind}`,
    ...(notice.run === null ? {} : { subject: `runs/${notice.run.id}` }),
    time: new Date(notice.at).toISOString(),
    datacontenttype: "application/json",
    data: { ...notice, link: message.link },
  });
  const at = new Date(now());
  const signatures = message
    .secretVersions(secret)
    .map((one) => signerOf(one, secret.$secret).sign(message.id, at, body));
  const answer = await sendRequest(privateAddresses === true ? guard.withPrivate() : guard, {
    url: typeof url === "string" ? url : message.secret(url),
    headers: {
      "content-type": "application/cloudevents+json; charset=utf-8",
      "user-agent": "Gantry",
      "webhook-id": message.id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": signatures.join(" "),
    },
    body,
    signal,
  });
  return outcomeOf(answer, at.getTime());
}

function signerOf(secret: string, name: string): Webhook {
  // The library takes anything as base64; a secret that isn't any would sign with what is left of it.
  const base64 = secret.replace(/^whsec_/, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || Buffer.from(base64, "base64").length < 24) {
    throw new SigningSecretInvalidError(name);
  }
  return new Webhook(secret);
}
