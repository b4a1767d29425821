import { Agent, request } from "node:http";

/** What clients of the service saw, from its first good answer on. */
export interface Tally {
  sent: number;
  answered: number;
  /** Everything that wasn't answered 200 by the service, and why. */
  lost: string[];
  /** Answers per version of the service. */
  byVersion: Record<string, number>;
  /** The longest that a client waited for an answer, in milliseconds. */
  slowestMs: number;
  /** Versions in the order in which they first answered, with when: `performance.now()`. */
  firsts: { version: string; at: number }[];
}

export interface Traffic {
  readonly tally: Tally;
  /** Resolves with the first good answer; until then there is no service to lose requests of. */
  readonly begun: Promise<void>;
  stop(): Promise<Tally>;
}

const answerWithinMs = 10_000;
/** A sender breathes this long between two requests, as the platform shares the machine with it. */
const breathMs = 10;
const senders = 4;

/**
 * Sends requests to the service without pause until it is stopped: two senders keep their connection, two make a new
 * one for each request.
 */
export function startTraffic(port: number): Traffic {
  const tally: Tally = { sent: 0, answered: 0, lost: [], byVersion: {}, slowestMs: 0, firsts: [] };
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  let hasBegun = false;
  let isRunning = true;

  const sendOne = async (agent: Agent | false): Promise<void> => {
    const counts = hasBegun;
    if (counts) tally.sent += 1;
    const started = performance.now();
    try {
      const version = await askVersion(port, agent);
      if (counts) {
        tally.answered += 1;
        tally.slowestMs = Math.max(tally.slowestMs, performance.now() - started);
        tally.byVersion[version] = (tally.byVersion[version] ?? 0) + 1;
        if (tally.byVersion[version] === 1) tally.firsts.push({ version, at: performance.now() });
      }
      hasBegun = true;
      begin();
    } catch (error) {
      if (counts) tally.lost.push(error instanceof Error ? error.message : String(error));
    }
  };
  const work = Array.from({ length: senders }, async (_, index) => {
    const agent = index % 2 === 0 && new Agent({ keepAlive: true, maxSockets: 1 });
    while (isRunning) {
      await sendOne(agent);
      await pause(hasBegun ? breathMs : 50);
    }
    if (agent) agent.destroy();
  });
  return {
    tally,
    begun,
    async stop() {
      isRunning = false;
      await Promise.all(work);
      return tally;
    },
  };
}

/** The version that answers a GET of `/version`. @throws for anything but that. */
function askVersion(port: number, agent: Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/version", agent, timeout: answerWithinMs }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode !== 200) return reject(new Error(`status ${String(response.statusCode)}: ${text}`));
        resolve(versionIn(text));
      });
    });
    sent.once("timeout", () => sent.destroy(new Error(`no answer within ${answerWithinMs} ms`)));
    sent.once("error", reject);
    sent.end();
  });
}

function versionIn(text: string): string {
  const { version } = JSON.parse(text) as { version?: unknown };
  if (typeof version !== "string") throw new Error(`an answer without a version: ${text.slice(0, 200)}`);
  return version;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
