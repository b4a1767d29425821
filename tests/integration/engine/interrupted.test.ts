import { GantryError } from "@gantry/sdk";
import { expect, test } from "vitest";
import { startTestEngine } from "../../support/engine.ts";

/** As the runner reports it when a tool was stopped, by its timeout for example. */
class StoppedError extends GantryError {
  readonly code = "stopped";
  override readonly retryable = true;
}

const forms = [
  ["turns out to have done nothing", { inspect: () => ({ status: "not_done" }) }],
  ["may be run again", { idempotent: true }],
] as const;

test.for(forms)("a tool that is always stopped and %s is tried as often as its plan says", async ([, form]) => {
  let tries = 0;
  const run = () => {
    tries += 1;
    throw new StoppedError("It took too long.");
  };
  const tool = { name: "test.slow", effect: "changes" as const, uncertain: true, attempts: 3, run, ...form };
  await using engine = await startTestEngine({ tools: [tool] });
  await engine.startWorker();
  const id = await engine.submit(engine.plan([{ id: "a", tool: "test.slow" }]));
  await engine.reaches(id, "failed");
  expect(tries).toBe(3);
  expect((await engine.status(id)).error).toMatchObject({ code: "stopped" });
  const unknown = (await engine.events(id)).filter((event) => event.type === "attempt.unknown");
  expect(unknown.map((event) => event.data.error?.code)).toEqual(["stopped", "stopped", "stopped"]);
});
