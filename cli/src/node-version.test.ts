import { expect, test } from "vitest";
import { refuseNode } from "../bin/node-version.js";

test("an old Node is told what is needed, why, and what to do", () => {
  const refusal = refuseNode("v20.20.2", "/usr/bin/node");
  expect(refusal).toMatch(/needs Node 24 or newer; this is v20\.20\.2 \(\/usr\/bin\/node\)/);
  expect(refusal).toMatch(/Why: /);
  expect(refusal).toMatch(/Do: install Node 24/);
});

test.each(["v24.0.0", "v24.21.0", "v100.1.2"])("Node %s will do", (version) => {
  expect(refuseNode(version, "/usr/bin/node")).toBeUndefined();
});
