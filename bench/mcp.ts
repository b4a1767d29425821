import { conformanceOf, conformanceOfClient, type Revision } from "../tests/conformance/mcp/suite.ts";
import { startSuitesOwnServer } from "../tests/conformance/mcp/suites-own-server.ts";
import type { Measure } from "./measure.ts";

/** All that is required, also of a client whose person signs in by OAuth. */
const wanted: readonly { revision: Revision; server: number; client: number }[] = [
  { revision: "2025-11-25", server: 30, client: 18 },
  { revision: "2026-07-28", server: 37, client: 32 },
];

/** What of the Model Context Protocol holds, by its public suite over real sockets. */
export async function measureMcp(): Promise<Measure[]> {
  await using server = await startSuitesOwnServer();
  const measures: Measure[] = [];
  for (const { revision, ...least } of wanted) {
    const found = {
      server: await conformanceOf(server.url, revision),
      client: await conformanceOfClient(revision),
    };
    for (const side of ["server", "client"] as const) {
      const { passed, failed } = found[side];
      measures.push({
        name: `mcp.${side}.${revision}`,
        value: passed.length,
        unit: "scenarios",
        floor: null,
        ratio: null,
        target: { atLeast: least[side] },
        what: `of ${passed.length + Object.keys(failed).length} that the revision requires of a ${side} hold over real sockets`,
      });
    }
  }
  return measures;
}
