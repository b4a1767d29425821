import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";
import { startTestNotifications } from "../../support/notifications.ts";
import { startReceiver } from "../../support/webhook-receiver.ts";

let api: TestApi;
let cli: TestCli;
let notifications: AsyncDisposable;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
  cli = await createTestCli({ url: api.url, key: api.key });
  notifications = startTestNotifications(api, { retry: { attempts: 1, firstMs: 10, factor: 1, longestMs: 10 } });
});

afterAll(async () => {
  await notifications[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

test("a webhook is added with a secret that stands on stdout once, tested, and its dead letters are replayed", async () => {
  let working = true;
  await using receiver = await startReceiver(
    (_request, response) => void response.writeHead(working ? 200 : 500).end("said so"),
  );
  const added = await cli.run(["notify", "add", "ci", "--webhook", receiver.url, "-k", "run.created"]);
  const signing = added.stdout.trim();
  expect(signing).toMatch(/^whsec_/);
  expect(added.stderr).not.toContain(signing);
  const tested = await cli.run(["notify", "test", "ci"]);
  expect(tested).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^arrived after \d+ ms: HTTP 200: said so\n$/),
  });
  const [request] = await receiver.received(1);
  expect(new Webhook(signing).verify(request!.body, request!.headers)).toMatchObject({ type: "gantry.test" });
  const again = await cli.run(["notify", "add", "ci", "--webhook", receiver.url]);
  expect(again.stderr).toContain("code name_taken");

  working = false;
  const failed = await cli.run(["notify", "test", "ci"]);
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining("FAILED after") });
  await api.client.runs.create({ runbook: "test.look", environment: "dev" });
  await api.engine.until(async () => (await api.client.subscriptions.get("ci")).dead === 1);
  const dead = await cli.run(["notify", "dead-letters", "list"]);
  expect(dead.stdout).toMatch(/\tci\tdead\t1\t.*\tRun created: .*\tHTTP 500: said so\n$/);
  expect((await cli.run(["notify", "dead-letters", "replay"])).code).toBe(2);
  working = true;
  const replayed = await cli.run(["notify", "dead-letters", "replay", "--subscription", "ci"]);
  expect(replayed.stderr).toContain("1 of 1 are sent again.");
  await api.engine.until(async () => (await api.client.subscriptions.get("ci")).dead === 0);
  // The same secret still signs: adding one of a name that is taken changed nothing.
  new Webhook(signing).verify(receiver.requests.at(-1)!.body, receiver.requests.at(-1)!.headers);

  expect((await cli.run(["notify", "pause", "ci"])).stdout).toMatch(/^state +paused since .* by administrator$/m);
  await api.client.subscriptions.resume("ci");
  expect((await cli.run(["notify", "list"])).stdout).toBe(`ci\t${receiver.url}\tthe organization\tactive\t0\t0\n`);
  expect((await cli.run(["notify", "remove", "ci"])).stderr).toContain("Removed ci.");
  expect((await api.client.subscriptions.list()).items).toEqual([]);
});

test("quiet hours, places and kinds are said on the command line, and what makes no sense is refused with what would", async () => {
  const mail = ["--email", "a@example.com", "--from", "b@example.com", "--server", "mail"];
  const quiet = ["--quiet", "22:00-07:00", "--time-zone", "Europe/Berlin", "--break-through", "approval.needed"];
  const place = ["--project", "default", "-e", "dev"];
  expect((await cli.run(["notify", "add", "mail", ...mail, ...quiet, ...place])).code).toBe(0);
  const shown = await cli.run(["notify", "show", "mail"]);
  expect(shown.stdout).toMatch(
    /^to +a@example.com\nof +default\/dev\n[^]*quiet +22:00 to 07:00 Europe\/Berlin, but approval.needed$/m,
  );
  const odd = await cli.run(["notify", "add", "wrong", ...mail, "--quiet", "at night"]);
  expect(odd).toMatchObject({ code: 2, stderr: expect.stringContaining("--quiet 22:00-07:00") });
  const zone = await cli.run(["notify", "add", "wrong", ...mail, "--quiet", "22:00-07:00", "--time-zone", "Mars/Base"]);
  expect(zone.stderr).toContain("must be a time zone");
});
