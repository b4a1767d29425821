import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { resolve } from "./address.ts";

const answerLimitMs = 10_000;

export interface Answer {
  status: number;
  /** From the first byte sent to the first byte of the answer. */
  ms: number;
}

/** One GET on a connection of its own. Redirects aren't followed, the body isn't read. Rejects when nobody answers in time. */
export async function ask(text: string, signal: AbortSignal): Promise<Answer> {
  const url = new URL(text);
  const { address, family } = await resolve(url);
  const send = url.protocol === "https:" ? overHttps : overHttp;
  const started = performance.now();
  return new Promise((done, fail) => {
    const sent = send(
      url,
      {
        agent: false,
        headers: { "user-agent": "gantry-check", accept: "*/*" },
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
        lookup: (_host, { all }, found) => {
          if (all === true) found(null, [{ address, family }]);
          else found(null, address, family);
        },
      },
      (response) => {
        done({ status: response.statusCode ?? 0, ms: performance.now() - started });
        response.destroy();
      },
    );
    sent.once("error", fail);
    sent.end();
  });
}
