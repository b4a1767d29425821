import type { HostTool } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { workerToolChecks } from "./work.ts";

const git = (version: string | null, problem: string | null = null): HostTool => ({ name: "git", version, problem });
const worker = (id: string, tools: HostTool[], alive = true) => ({ id, alive, state: "active" as const, tools });

test("what all workers have alike is one line without their names; what differs says where", () => {
  const one = worker("0198c2f4-6a1b-7000-8000-000000000001", [git("git version 2.39.5")]);
  const alike = worker("0198c2f4-6a1c-7000-8000-000000000002", [git("git version 2.39.5")]);
  expect(workerToolChecks([one, alike])).toEqual([
    { name: "git of workers", status: "ok", text: "git version 2.39.5" },
  ]);
  const without = worker("0198c2f4-6a1d-7000-8000-000000000003", [git(null, "not found")]);
  expect(workerToolChecks([one, without])).toMatchObject([
    { status: "ok", text: "git version 2.39.5 at 0198c2f4-6a1b" },
    {
      status: "missing",
      text: "not found at 0198c2f4-6a1d; deployments from a git repository fail, everything else works",
      mend: "sudo apt-get install git",
    },
  ]);
});

test("workers that are gone, and those of a release that didn't look, say nothing", () => {
  expect(workerToolChecks([worker("1", [git(null, "not found")], false), worker("2", [])])).toEqual([]);
});
