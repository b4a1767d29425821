import { expect, test } from "vitest";
import { UsageError } from "./errors.ts";
import { readDestination, type DestinationOptions } from "./notify-destination.ts";

test("the flags of a channel make its destination, with credentials by the names of their secrets", () => {
  expect(readDestination("ci", { webhook: "https://a.example" })).toEqual({
    channel: "webhook",
    url: "https://a.example",
    secret: { $secret: "webhook-ci" },
  });
  expect(readDestination("ci", { webhook: "secret:address", secret: "mine" })).toEqual({
    channel: "webhook",
    url: { $secret: "address" },
    secret: { $secret: "mine" },
  });
  expect(readDestination("team", { slack: "C1", token: "slack" })).toMatchObject({ token: { $secret: "slack" } });
  expect(readDestination("team", { slackWebhook: "hook" })).toEqual({
    channel: "slack-webhook",
    url: { $secret: "hook" },
  });
});

test.each<DestinationOptions>([
  {},
  { webhook: "https://a.example", slack: "C1", token: "t" },
  { slack: "C1" },
  { email: ["a@example.com"] },
  { email: ["a@example.com"], from: "b@example.com" },
])("%j isn't one destination, and what would be is said", (options) => {
  expect(() => readDestination("x", options)).toThrow(UsageError);
});
