import { expect, test } from "vitest";
import { partInWords } from "./part-in-words.ts";

test("parts of a change set are named in words, with the name of the thing where there is one", () => {
  expect(
    ["counts.destroy", "preview.counts.add", 'preview.changes["module.shop"]', "policy.approvals.owners", "odd[0]"].map(
      partInWords,
    ),
  ).toEqual(["Number to destroy", "Number to add", "What becomes of module.shop", "Approvals of owners", "odd[0]"]);
});
