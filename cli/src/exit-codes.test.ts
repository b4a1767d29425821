import { expect, test } from "vitest";
import { RunStatus } from "@gantry/sdk/api";
import { exitCodes, exitOfProblem, exitOfRun, renderExitCodes } from "./exit-codes.ts";

test("the reference page is what the table says", async () => {
  await expect(renderExitCodes()).toMatchFileSnapshot("../../docs/reference/exit-codes.md");
});

test("codes differ", () => {
  const codes = Object.values(exitCodes).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

const failed = (code: string) => ({ status: "failed" as const, error: { code } });

test.each([
  [{ status: "succeeded" as const, error: null }, "ok"],
  [failed("tool_failed"), "failed"],
  [failed("deadline_exceeded"), "timeout"],
  [failed("verification_failed"), "verificationFailed"],
  [{ status: "denied" as const, error: null }, "denied"],
  [{ status: "rejected" as const, error: null }, "denied"],
  [{ status: "undone" as const, error: { code: "verification_failed" } }, "undone"],
  [{ status: "undo_incomplete" as const, error: null }, "failed"],
  [{ status: "canceled" as const, error: null }, "failed"],
  [{ status: "quarantined" as const, error: null }, "failed"],
  [{ status: "waiting_for_approval" as const, error: null }, "waiting"],
  [{ status: "needs_attention" as const, error: null }, "waiting"],
])("a run that is %o exits as %s", (run, exit) => {
  expect(exitOfRun(run)).toBe(exit);
});

test("only success is 0 for who runs something", () => {
  const zero = RunStatus.options.filter((status) => exitOfRun({ status, error: null }) === "ok");
  // A dry run that came to its end did what it was asked for.
  expect(zero).toEqual(["succeeded", "previewed"]);
});

test("who asked for an undo or a cancel gets 0 for just that", () => {
  expect(exitOfRun({ status: "undone", error: null }, "undone")).toBe("ok");
  expect(exitOfRun({ status: "succeeded", error: null }, "undone")).toBe("failed");
  expect(exitOfRun({ status: "canceled", error: null }, "canceled")).toBe("ok");
  expect(exitOfRun({ status: "undo_incomplete", error: null }, "undone")).toBe("failed");
});

test("a status of a newer server is followed further", () => {
  expect(exitOfRun({ status: "hovering" as never, error: null })).toBe("running");
});

test.each([
  [{ status: 401, code: "unauthorized" }, "auth"],
  [{ status: 403, code: "scope_missing" }, "auth"],
  [{ status: 403, code: "requester_cannot_approve" }, "auth"],
  [{ status: 403, code: "policy_denied" }, "denied"],
  [{ status: 400, code: "invalid_request" }, "usage"],
  [{ status: 422, code: "parameters_invalid" }, "usage"],
  [{ status: 404, code: "runbook_unknown" }, "usage"],
  [{ status: 404, code: "not_found" }, "failed"],
  [{ status: 409, code: "change_set_stale" }, "failed"],
  [{ status: 503, code: "database_unavailable" }, "failed"],
])("the problem %o exits as %s", (problem, exit) => {
  expect(exitOfProblem(problem)).toBe(exit);
});
