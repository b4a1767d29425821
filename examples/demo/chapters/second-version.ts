import type { Demo } from "../demo.ts";
import { seconds } from "../narrator.ts";
import { approve, exits, shipping, submit } from "../ship.ts";

/** The traffic goes from one version to the next while clients send requests without pause. */
export async function shipSecondVersion(demo: Demo): Promise<void> {
  const { narrator, checks, traffic, report } = demo;
  const version = "2.0.0";
  narrator.chapter(`Ship version ${version} under load`);
  demo.repository.release({ version });
  const [sentBefore, lostBefore] = [traffic.tally.sent, traffic.tally.lost.length];

  const begun = narrator.elapsed();
  const gate = await submit(demo, shipping(version));
  checks.is("It is deployed: exit code 0", await approve(demo, gate), exits.ok);
  report.add(`${version} shipped beside its predecessor`, seconds(narrator.elapsed() - begun));

  const { sent, lost, byVersion } = traffic.tally;
  checks.that(`Clients are answered by ${version}`, (byVersion[version] ?? 0) > 0, JSON.stringify(byVersion));
  checks.that(
    `No request lost of the ${sent - sentBefore} sent meanwhile`,
    lost.length === lostBefore && sent > sentBefore,
    lost.slice(lostBefore, lostBefore + 3).join("; "),
  );
}
