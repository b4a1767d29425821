import { expect, test } from "vitest";
import { shortIds } from "./short-id.ts";

test("ids are as long as it takes to tell them apart, and no shorter than their time", () => {
  const ids = ["0198c2f4-6a1b-7000-8000-000000000001", "0198c2f4-6a1b-7000-9000-000000000001"];
  const short = shortIds([...ids, "0199aaaa-0000-7000-8000-000000000001"]);
  expect(ids.map(short)).toEqual(["0198c2f4-6a1b-7000-8", "0198c2f4-6a1b-7000-9"]);
  expect(shortIds([ids[0] as string])(ids[0] as string)).toBe("0198c2f4-6a1b");
});
