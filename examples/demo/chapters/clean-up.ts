import type { Demo } from "../demo.ts";
import { service } from "../demo.ts";
import { approve, exits, submit } from "../ship.ts";

/** What Gantry deployed outlives Gantry, so stopping it is a change like any other: policy wants an approval. */
export async function stopService(demo: Demo): Promise<void> {
  const { narrator, checks, traffic } = demo;
  narrator.chapter("Stop the service");
  // From here on nobody answers, so requests made would be lost by intent.
  await traffic.stop();
  const gate = await submit(demo, ["deploy.stop", "-p", `service=${service}`]);
  checks.is("It is stopped: exit code 0", await approve(demo, gate), exits.ok);
}
