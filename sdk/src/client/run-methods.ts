import type { z } from "zod";
import { api, type LogLine } from "../api/index.ts";
import type { BodyOf } from "../api/endpoint.ts";
import type { RunEvent } from "../events.ts";
import { callsBy } from "./calls.ts";
import { followEvents, type FollowOptions, type RunStreamItem } from "./event-stream.ts";
import { ConnectionFailedError } from "./errors.ts";
import { readLines } from "./lines.ts";
import type { CallOptions, Transport } from "./transport.ts";

const { runs } = api;

/** All that can be asked and said about runs. */
export function runMethods(transport: Transport) {
  const { plain, one, ofRun } = callsBy(transport);
  return {
    create: plain(runs.create).write,
    list: plain(runs.list).read,
    get: ofRun(runs.get).read,
    plan: ofRun(runs.plan).read,
    events: ofRun(runs.events).read,
    changeSet: ofRun(runs.changeSet).read,
    compareChangeSets: ofRun(runs.compareChangeSets).read,
    approval: ofRun(runs.approval).read,
    approve: ofRun(runs.approve).write,
    reject: ofRun(runs.reject).write,
    comment: ofRun(runs.comment).write,
    prove: ofRun(runs.prove).write,
    challenge: ofRun(runs.challenge).write,
    proof: (run: string, proof: string) => one(runs.proof).read({ run, proof }),
    answerProof: (run: string, proof: string, body: z.input<BodyOf<typeof runs.answerProof>>) =>
      one(runs.answerProof).write({ run, proof }, body),
    decisions: ofRun(runs.decisions).read,
    pause: ofRun(runs.pause).write,
    resume: ofRun(runs.resume).write,
    cancel: ofRun(runs.cancel).write,
    retry: ofRun(runs.retry).write,
    undo: ofRun(runs.undo).write,
    signal: ofRun(runs.signal).write,
    settle: ofRun(runs.settle).write,
    real: ofRun(runs.real).write,
    fork: ofRun(runs.fork).write,
    rerun: ofRun(runs.rerun).write,
    compare: (run: string, other: string, options?: CallOptions) =>
      transport.call(runs.compare, { params: { run, other } }, options),
    timeline: ofRun(runs.timeline).read,
    failure: ofRun(runs.failure).read,
    step: (run: string, step: string, options?: CallOptions) =>
      transport.call(runs.step, { params: { run, step } }, options),
    /** The run's events, from the first (or behind `after`) and then live; with `parts` also what models say while they say it. */
    follow: (
      run: string,
      { parts = false, ...options }: FollowOptions & { parts?: boolean } = {},
    ): AsyncGenerator<RunStreamItem> =>
      followEvents<RunEvent>(
        transport,
        runs.events,
        { params: { run }, ...(parts && { query: { parts } }) },
        { after: 0, ...options },
      ),
    /** What the run's commands wrote. With `follow` it goes on until the run has ended. */
    async *logs(
      run: string,
      query: { attempt?: string; after?: string; tail?: number; follow?: boolean } = {},
      options: CallOptions = {},
    ): AsyncGenerator<LogLine> {
      const headers = { accept: "application/x-ndjson, application/problem+json" };
      const response = await transport.open(runs.logs, { params: { run }, query }, { ...options, headers });
      for await (const line of readLines<LogLine | { closed: string }>(response.body)) {
        if ("closed" in line) throw new ConnectionFailedError("the stream of logs", new Error(line.closed));
        yield line;
      }
    },
    /** The same as one text, as it comes. */
    logText: async (run: string, options?: CallOptions): Promise<ReadableStream<Uint8Array>> => {
      const headers = { accept: "text/plain, application/problem+json" };
      const response = await transport.open(runs.logs, { params: { run } }, { ...options, headers });
      return response.body ?? new Blob([]).stream();
    },
    artifacts: ofRun(runs.artifacts).read,
    /** Content of an artifact, as it comes. */
    artifact: async (run: string, digest: string, options?: CallOptions): Promise<ReadableStream<Uint8Array>> => {
      const response = await transport.open(runs.artifact, { params: { run, digest } }, options);
      return response.body ?? new Blob([]).stream();
    },
  };
}
