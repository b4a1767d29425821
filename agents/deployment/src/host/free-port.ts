import { createServer } from "node:net";
import { randomInt } from "node:crypto";

/**
 * Below the range that Linux, macOS and Windows take outgoing connections from: there a stranger's connection could
 * sit on a version's port at the very moment the version restarts.
 */
const lowest = 20_000;
const highest = 32_000;
const tries = 200;

/** A loopback port that nobody listens on, `preferred` if it is free. */
export async function findFreePort(preferred: number | null): Promise<number> {
  if (preferred !== null && (await canListen("127.0.0.1", preferred))) return preferred;
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = randomInt(lowest, highest);
    if (await canListen("127.0.0.1", port)) return port;
  }
  throw new Error(`No free loopback port between ${lowest} and ${highest} in ${tries} tries.`);
}

/** True when a server could listen there now. */
export function canListen(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
