import { canListen } from "../host/free-port.ts";

const lowest = 10_000;
const slices = 500;
/** Ports of a slice: many more than there are services at once in a process. */
const width = 20;
let next = 0;

/**
 * A loopback port for a service. It is free for as long as the service takes to come to it: no other test of this process gets it soon,
 * processes beside it have slices of their own, and what versions choose for themselves (`findFreePort`) and outgoing connections lies above.
 */
export async function findServicePort(): Promise<number> {
  const slice = lowest + (process.pid % slices) * width;
  for (let tries = 0; tries < width; tries += 1) {
    next += 1;
    const port = slice + (next % width);
    if (await canListen("127.0.0.1", port)) return port;
  }
  throw new Error(`None of the ports ${slice} to ${slice + width - 1} of the loopback interface is free.`);
}
