import type { Demo } from "../demo.ts";
import { seconds } from "../narrator.ts";
import { approve, exits, shipping, submit } from "../ship.ts";

/** A version that fails its health check: it never gets traffic, and what was begun is undone. */
export async function shipBrokenVersion(demo: Demo): Promise<void> {
  const { narrator, checks, traffic, ledger, client, report } = demo;
  const version = "3.0.0";
  narrator.chapter(`Ship version ${version}, which is broken`);
  demo.repository.release({ version, healthy: false });
  const [sentBefore, lostBefore] = [traffic.tally.sent, traffic.tally.lost.length];

  const begun = narrator.elapsed();
  // It will never be well, so there is no need to wait for long.
  const gate = await submit(demo, [...shipping(version), "-p", 'health={"timeoutMs":2000}']);
  checks.is("It fails and is undone: exit code 6", await approve(demo, gate), exits.undone);
  report.add(`${version} refused by its health check, undone`, seconds(narrator.elapsed() - begun));

  const { steps, error } = await client.runs.get(gate.run);
  if (error) narrator.say(`Why: ${error.message}`);
  const left = steps.flatMap(({ undo }) => undo?.undone?.left ?? []);
  checks.is("Nothing of it is left behind", left, []);
  checks.is("It had been started", ledger.starts(version).length, 1);
  checks.is("It never answered a client", traffic.tally.byVersion[version] ?? 0, 0);
  const { sent, lost } = traffic.tally;
  checks.that(
    `No request lost of the ${sent - sentBefore} sent meanwhile`,
    lost.length === lostBefore && sent > sentBefore,
    lost.slice(lostBefore, lostBefore + 3).join("; "),
  );
}
