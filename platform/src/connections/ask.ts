import type { Connection } from "@gantry/sdk";
import type { ConnectionCheck } from "@gantry/sdk/api";
import { sendRequest } from "../outgoing/index.ts";
import type { ProbeDeps } from "./probe.ts";

/** Settings that hold where a connection leads to, the likelier first. */
const addressSettings = ["url", "address", "server", "endpoint"] as const;

export const noAddress: ConnectionCheck = {
  what: "reach",
  outcome: "skipped",
  message: `It has no address: set one of ${addressSettings.join(", ")}, or host and port.`,
};

export function addressOf({ settings }: Connection): string | null {
  const name = addressSettings.find((one) => settings[one] !== undefined);
  return name === undefined ? null : (settings[name] ?? null);
}

/** The status of the answer. @throws DestinationRefusedError, DestinationUnreachableError */
export async function ask({ guard, signal }: ProbeDeps, { settings }: Connection, url: string): Promise<number> {
  const { ca } = settings;
  const request = { url, method: "GET", headers: {}, body: "", signal, answerBytes: 1 } as const;
  return (await sendRequest(guard, ca === undefined ? request : { ...request, ca })).status;
}
