import { expect, test } from "vitest";
import { startTestApi } from "../../support/api.ts";

test("more calls at once than there are connections are all answered", async () => {
  await using api = await startTestApi();
  const created = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      api.client.runs.create({ runbook: "test.look", parameters: { at: `${n}` }, environment: "dev" }),
    ),
  );
  expect(new Set(created.map(({ id }) => id)).size).toBe(40);
  const stored = await Promise.all(
    Array.from({ length: 40 }, (_, n) => api.client.secrets.put(`secret-${n}`, `value-${n}`)),
  );
  expect(stored).toHaveLength(40);
  const read = await Promise.all(created.map(({ id }) => api.client.runs.get(id)));
  expect(read.map(({ id }) => id)).toEqual(created.map(({ id }) => id));
});
