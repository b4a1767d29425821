/** What a step does, the same in every engine: nothing but give back a small document, or have one effect on the ledger. */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

export type StepOutput = { text: string; before: string };

const output: StepOutput = { text: "x".repeat(64), before: "x".repeat(64) };
const ledgerPort = Number(process.env["PEERS_LEDGER"] ?? 0);

let first = 0;
let last = 0;

/** When the first step since the last call began, and the latest one; milliseconds. */
export function takeTimes(): { first: number; last: number } {
  const times = { first, last };
  first = 0;
  return times;
}

export async function step(run: string, index: number): Promise<StepOutput> {
  last = performance.now();
  if (first === 0) first = last;
  if (ledgerPort !== 0) await ask(`effect ${run} ${index}`);
  return output;
}

/** Whether the ledger knows the effect of that step. */
export async function isDone(run: string, index: number): Promise<boolean> {
  return (await ask(`inspect ${run} ${index}`)) === "done";
}

export const doneOutput = output;

let socket: Socket | undefined;
let questions = 0;
const waiting = new Map<number, (answer: string) => void>();

/** A line each way, on one connection. */
function ask(question: string): Promise<string> {
  if (socket === undefined) {
    socket = connect(ledgerPort, "127.0.0.1").setNoDelay(true);
    createInterface({ input: socket }).on("line", (line) => {
      const [number, answer = ""] = line.split(" ");
      waiting.get(Number(number))?.(answer);
      waiting.delete(Number(number));
    });
  }
  questions += 1;
  const { promise, resolve } = Promise.withResolvers<string>();
  waiting.set(questions, resolve);
  socket.write(`${questions} ${question}\n`);
  return promise;
}
