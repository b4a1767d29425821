import type { Destination } from "@gantry/sdk/api";
import { namesIn } from "../parts/names.ts";

export type Channel = Destination["channel"];

/** What a form has of every channel; each uses some of it. */
export interface DestinationFields {
  url: string;
  secret: string;
  conversation: string;
  from: string;
  to: string;
}

export const noFields: DestinationFields = { url: "", secret: "", conversation: "", from: "", to: "" };

export function destinationOf(
  channel: Channel,
  { url, secret, conversation, from, to }: DestinationFields,
): Destination {
  const named = { $secret: secret };
  switch (channel) {
    case "webhook":
      return { channel, url, secret: named };
    case "slack":
      return { channel, conversation, token: named };
    case "slack-webhook":
      return { channel, url: named };
    case "email":
      return { channel, server: named, from, to: namesIn(to) };
    default:
      return channel satisfies never;
  }
}

/** The same as options of `gantry notify add`. */
export function destinationOptions(channel: Channel, fields: DestinationFields) {
  const { url, secret, conversation, from, to } = fields;
  switch (channel) {
    case "webhook":
      return { webhook: url, secret };
    case "slack":
      return { slack: conversation, token: secret };
    case "slack-webhook":
      return { "slack-webhook": secret };
    case "email":
      return { email: namesIn(to), from, server: secret };
    default:
      return channel satisfies never;
  }
}

/** Where it leads, for people; secrets by their names. */
export function destinationWords(destination: Destination): string {
  const name = (value: string | { $secret: string }): string =>
    typeof value === "string" ? value : `secret ${value.$secret}`;
  switch (destination.channel) {
    case "webhook":
      return name(destination.url);
    case "slack":
      return destination.conversation;
    case "slack-webhook":
      return name(destination.url);
    case "email":
      return destination.to.join(", ");
    default:
      return destination satisfies never;
  }
}
