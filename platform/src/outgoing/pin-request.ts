import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import type { AddressGuard } from "./address-guard.ts";
import { DestinationRefusedError } from "./errors.ts";

export interface PinnedRequest {
  /** As it was named. */
  host: string;
  secure: boolean;
  send: typeof httpRequest;
  /** Lead to the address that was checked, under the name that was given. */
  options: RequestOptions & { servername?: string; ca?: string };
}

/**
 * The rules of every request to an address that a user named: it is checked and pinned, and spoken to without TLS only where the operator
 * allowed it.
 *
 * @throws DestinationRefusedError
 */
export async function pinRequest(
  guard: AddressGuard,
  url: URL,
  { ca, signal }: { ca: string | undefined; signal: AbortSignal | undefined },
): Promise<PinnedRequest> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const pinned = await guard.resolve(host, signal);
  const secure = url.protocol === "https:";
  if (!secure && !pinned.allowed) throw new DestinationRefusedError(host, "it is spoken to without TLS");
  return {
    host,
    secure,
    send: secure ? httpsRequest : httpRequest,
    options: {
      host: pinned.address,
      family: pinned.family,
      port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      ...(signal === undefined ? {} : { signal }),
      ...(ca === undefined ? {} : { ca }),
      ...(secure && isIP(host) === 0 ? { servername: host } : {}),
    },
  };
}
