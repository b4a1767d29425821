import type { Notice } from "@gantry/sdk/api";
import type { AddressGuard } from "../../outgoing/index.ts";

/** What a channel has to say, redacted already. */
export interface Message {
  /** Stable: the same in every try. */
  id: string;
  /** Of one run, in order; several only where the channel merges what comes in quick succession. */
  notices: readonly [Notice, ...Notice[]];
  /** What this subscriber was told of the run before, oldest first. */
  told: readonly Notice[];
  /** The subscription and its organization, for ids that must not meet others'. */
  subscription: { org: string; id: string; name: string };
  /** Where a person can look at the run, or at what is to be decided of it. Looking is all that it does. */
  link: string | null;
  /** Where this installation is reached. */
  url: string;
  /** The secret behind a reference of the destination. */
  secret(reference: { $secret: string }): string;
  /** With the value before, while that is still good. */
  secretVersions(reference: { $secret: string }): readonly string[];
}

export interface ChannelDeps {
  guard: AddressGuard;
  /** Of Slack's Web API. */
  slackUrl: string;
  signal: AbortSignal;
  /** Unix milliseconds. */
  now(): number;
  /** The chat message that stands for the run, where there is one. */
  thread: { read(): Promise<Thread | null>; write(thread: Thread): Promise<void> };
}

export interface Thread {
  channel: string;
  message: string;
}

/** What the destination said. */
export interface Outcome {
  ok: boolean;
  status: number | null;
  detail: string;
  /** It asked for patience. */
  retryAfterMs?: number | null;
  /** It makes no sense to try again as it is. */
  final?: boolean;
  /** It wants nothing any more. */
  gone?: boolean;
}
