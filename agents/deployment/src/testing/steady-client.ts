import { Agent, request } from "node:http";

export interface Tally {
  sent: number;
  /** Everything that wasn't answered 200 by the service, with why. */
  lost: string[];
  /** Answers per version of the service. */
  byVersion: Record<string, number>;
}

export interface SteadyClient {
  readonly tally: Tally;
  /** Resolves once so many more requests were answered. */
  answers(count: number): Promise<void>;
  stop(): Promise<Tally>;
}

/**
 * Sends requests without pause: half of the senders on one connection each that they keep, half on a new connection per
 * request; every third request is a POST with a body.
 */
export function startSteadyClient(port: number, senders = 8): SteadyClient {
  const tally: Tally = { sent: 0, lost: [], byVersion: {} };
  const waiters = new Set<{ left: number; done: () => void }>();
  let running = true;
  const work = Array.from({ length: senders }, async (_, sender) => {
    const agent = sender % 2 === 0 ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
    while (running) {
      const number = tally.sent++;
      try {
        const { version } = await send({ port, agent, body: number % 3 === 0 ? `body ${number}` : null });
        tally.byVersion[version] = (tally.byVersion[version] ?? 0) + 1;
      } catch (error) {
        tally.lost.push(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      for (const waiter of waiters) if (--waiter.left === 0) waiter.done();
    }
    agent?.destroy();
  });
  return {
    tally,
    answers: (count) => new Promise((done) => waiters.add({ left: count, done })),
    async stop() {
      running = false;
      await Promise.all(work);
      return tally;
    },
  };
}

interface Sending {
  port: number;
  agent: Agent | undefined;
  body: string | null;
}

function send({ port, agent, body }: Sending): Promise<{ version: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, agent: agent ?? false, timeout: 60_000 };
    const sent = request(
      body === null ? { ...options, path: "/version" } : { ...options, path: "/echo", method: "POST" },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.once("error", reject);
        response.once("end", () => {
          if (response.statusCode !== 200) return reject(new Error(`status ${String(response.statusCode)}: ${text}`));
          const answer = JSON.parse(text) as { version: string; body?: string };
          if (body !== null && answer.body !== body)
            return reject(new Error(`sent "${body}", got "${String(answer.body)}"`));
          resolve(answer);
        });
      },
    );
    sent.once("timeout", () => sent.destroy(new Error("no answer within 60 s")));
    sent.once("error", reject);
    sent.end(body ?? undefined);
  });
}
