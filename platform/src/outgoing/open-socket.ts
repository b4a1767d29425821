import { connect, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressGuard } from "./address-guard.ts";
import { DestinationUnreachableError, reasonOf } from "./errors.ts";

/**
 * A connection for a protocol other than HTTP. `allowed`: the operator named the host, so it may be spoken to without TLS.
 * @throws DestinationRefusedError, DestinationUnreachableError
 */
export async function openSocket(
  guard: AddressGuard,
  { host, port, signal }: { host: string; port: number; signal: AbortSignal },
): Promise<{ socket: Socket; allowed: boolean }> {
  const { address, family, allowed } = await guard.resolve(host, signal);
  const socket = connect({ host: address, family, port, signal });
  try {
    await once(socket, "connect", { signal });
    return { socket, allowed };
  } catch (error) {
    socket.destroy();
    throw new DestinationUnreachableError(host, reasonOf(error), { cause: error });
  }
}
