import { expect, test } from "vitest";
import { runCommand } from "./twin.ts";

test("the command line's form of a run can be pasted into a shell, whatever is in it", () => {
  expect(
    runCommand("deploy.service", "staging", { service: "greeter", repository: "/data/it's mine", port: 8088 }),
  ).toBe(
    String.raw`npx gantry run deploy.service -e staging -p service=greeter -p 'repository=/data/it'\''s mine' -p port=8088`,
  );
});
