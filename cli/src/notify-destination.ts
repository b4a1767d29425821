import type { Destination } from "@gantry/sdk/api";
import { UsageError } from "./errors.ts";

export interface DestinationOptions {
  webhook?: string;
  secret?: string;
  slack?: string;
  token?: string;
  slackWebhook?: string;
  email?: string[];
  from?: string;
  server?: string;
  privateAddresses?: boolean;
}

/** The one destination that the flags of `gantry notify add` name. @throws UsageError for none, several, or parts of one. */
export function readDestination(name: string, options: DestinationOptions): Destination {
  const { webhook, slack, slackWebhook, email } = options;
  const inside = options.privateAddresses === true ? { privateAddresses: true } : {};
  const given = [webhook, slack, slackWebhook, email].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new UsageError(
      given.length === 0 ? "Where to? Name a destination." : "One subscription has one destination.",
      `gantry notify add ${name} --webhook <url>  (or --slack, --slack-webhook, --email)`,
    );
  }
  if (webhook !== undefined) {
    const url = webhook.startsWith("secret:") ? { $secret: webhook.slice("secret:".length) } : webhook;
    return { channel: "webhook", url, secret: { $secret: options.secret ?? `webhook-${name}` }, ...inside };
  }
  if (slack !== undefined) {
    const token = options.token ?? missing("--token", `gantry notify add ${name} --slack ${slack} --token <secret>`);
    return { channel: "slack", conversation: slack, token: { $secret: token } };
  }
  if (slackWebhook !== undefined) return { channel: "slack-webhook", url: { $secret: slackWebhook } };
  const usage = `gantry notify add ${name} --email <address> --from <address> --server <secret>`;
  return {
    channel: "email",
    to: email ?? [],
    from: options.from ?? missing("--from", usage),
    server: { $secret: options.server ?? missing("--server", usage) },
    ...inside,
  };
}

function missing(flag: string, usage: string): never {
  throw new UsageError(`${flag} is missing.`, usage);
}
