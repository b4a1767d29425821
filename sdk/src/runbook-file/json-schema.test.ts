import { expect, test } from "vitest";
import { runbookJsonSchema } from "./json-schema.ts";

test("the schema that editors use is what files are read by", async () => {
  await expect(`${JSON.stringify(runbookJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    "../../../docs/reference/runbook.schema.json",
  );
});
