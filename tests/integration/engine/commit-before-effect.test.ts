import { expect, test } from "vitest";
import { startTestEngine } from "../../support/engine.ts";
import type { MemoryTool } from "../../support/memory-runner.ts";

test("no tool is called before the announcement of its attempt can be read by everybody", async () => {
  const announced: boolean[] = [];
  const look: MemoryTool["run"] = async ({ runId, attemptId }) => {
    const { rowCount } = await engine.admin.query(
      "SELECT 1 FROM events WHERE run_id = $1 AND type = 'attempt.started' AND data ->> 'attemptId' = $2",
      [runId, attemptId],
    );
    announced.push(rowCount === 1);
    return null;
  };
  const verify: MemoryTool["run"] = async (...call) => {
    await look(...call);
    return { probes: [{ name: "looked", expected: "yes", actual: "yes", passed: true }] };
  };
  const tool: MemoryTool = { name: "test.look", effect: "changes", run: look, verify };
  await using engine = await startTestEngine({ tools: [tool] });
  await engine.admin.query(slowCommits);
  await engine.startWorker();
  const run = await engine.submit(
    engine.plan([
      { id: "a", tool: "test.look" },
      { id: "b", tool: "test.look" },
    ]),
  );
  await engine.reaches(run, "succeeded", "failed");
  expect(announced.length).toBeGreaterThanOrEqual(4);
  expect(announced).not.toContain(false);
});

/** Every commit of events takes a moment, as on a busy disk: what doesn't wait for it is seen not to. */
const slowCommits = `
  CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END';
  CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION dawdle()`;
