import { expect, test } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { renderReference } from "./reference.ts";

test("the reference page is what the contract says", async () => {
  await expect(renderReference(openApiDocument("0.0.0"))).toMatchFileSnapshot("../../../../docs/reference/api.md");
});
