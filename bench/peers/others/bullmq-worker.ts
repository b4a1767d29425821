/** BullMQ: a run is a job; each step's result goes into the job's data before the next begins ("process step jobs"). */
import { Worker, type Job } from "bullmq";
import { steps } from "../engine.ts";
import { serveWorker } from "../serve-worker.ts";
import { step, type StepOutput } from "../step.ts";

interface Data {
  outputs: StepOutput[];
}

const short = process.env["PEERS_DETECTION"] === "short";

const worker = new Worker<Data>(
  "runs",
  async (job: Job<Data>) => {
    const { outputs } = job.data;
    for (let index = outputs.length; index < steps; index += 1) {
      outputs.push(await step(job.id ?? "", index));
      await job.updateData({ outputs });
    }
  },
  {
    connection: { path: process.env["PEERS_REDIS"] ?? "", maxRetriesPerRequest: null },
    concurrency: 200,
    ...(short ? { lockDuration: 3_000, stalledInterval: 3_000 } : {}),
  },
);
worker.on("error", console.error);
await worker.waitUntilReady();
serveWorker();
