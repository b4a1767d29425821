import { expect, test } from "vitest";
import { renderEventReference } from "./event-reference.ts";

test("the page of events has every type with its category, fields and an example", async () => {
  await expect(renderEventReference()).toMatchFileSnapshot("../../../../docs/reference/events.md");
});
