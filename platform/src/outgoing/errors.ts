import { GantryError, type ErrorOptions } from "@gantry/sdk";

/** Where a user wants Gantry to connect to is a place that users may not reach through it. */
export class DestinationRefusedError extends GantryError {
  readonly code = "destination_refused";
  constructor(host: string, why: string) {
    super(
      `Connecting to ${host} is refused: ${why}. An operator can allow it with GANTRY_OUTGOING_ALLOW, or this one connection to have private addresses.`,
      {
        details: { host },
      },
    );
  }
}

/** No answer, or not one that could be read: name not found, connection refused, cut, or too slow. */
export class DestinationUnreachableError extends GantryError {
  readonly code = "destination_unreachable";
  override readonly fault = "operational";
  override readonly retryable = true;
  constructor(host: string, why: string, options: ErrorOptions = {}) {
    super(`${host} can't be reached: ${why}.`, { ...options, details: { host } });
  }
}

/** Why a connection failed, in words that hold nothing of its address. */
export function reasonOf(error: unknown): string {
  const { name = "", code = "", message = "" } = error as { name?: string; code?: string; message?: string };
  if (name === "AbortError" || name === "TimeoutError") return "it did not answer in time";
  if (code === "ECONNREFUSED") return "it refuses the connection";
  if (code === "ECONNRESET" || code === "EPIPE") return "it cut the connection";
  if (/CERT|TLS|SSL|ALTNAME|SELF_SIGNED|UNABLE_TO/.test(code)) return `its certificate isn't accepted (${code})`;
  return code === "" ? message : code;
}
