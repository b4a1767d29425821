import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";

export interface ProbeTarget {
  address: string;
  port: number;
  path: string;
}

export interface ProbeAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const answerLimitMs = 5_000;
/** What a probe keeps of an answer. */
const bodyLimitBytes = 64 * 1024;

/** One GET on a connection of its own. Rejects when nobody answers in time. */
export function probePath({ address, port, path }: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]);
    const headers = { "user-agent": "gantry-probe", accept: "*/*" };
    const sent = request({ host: reachable(address), port, path, headers, agent: false, signal: limit }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        if (bytes < bodyLimitBytes) chunks.push(chunk.subarray(0, bodyLimitBytes - bytes));
        bytes += chunk.length;
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sent.once("error", reject);
    sent.end();
  });
}

/** A server on all addresses is probed on loopback. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}
