import type { ConnectionCheck, ConnectionTest, ConnectionView } from "@gantry/sdk/api";
import { useMutation } from "@tanstack/react-query";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Command } from "../../../ui/command.tsx";
import { ErrorNotice, Notice, type NoticeTone } from "../../../ui/notice.tsx";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { commandLine } from "../parts/command-line.ts";
import { placeText, readPlace } from "../parts/place.ts";
import { texts } from "./texts.ts";

const tones: Record<ConnectionTest["outcome"], NoticeTone> = { reached: "good", failed: "bad", untried: "info" };
const looks: Record<ConnectionCheck["outcome"], readonly [Tone, Shape]> = {
  passed: ["good", "check"],
  failed: ["bad", "cross"],
  skipped: ["idle", "dash"],
};

/** Tries a stored connection out and shows what was found, check by check. */
export function ConnectionTrial({ connection }: { connection: ConnectionView }) {
  const said = useTexts(texts);
  const client = useClient();
  const at = readPlace(placeText(connection));
  const trial = useMutation({ mutationFn: () => client.connections.test(connection.name, at) });
  return (
    <section className="border-line space-y-2 rounded-md border p-3" aria-label={said.test}>
      <Button pending={trial.isPending} onClick={() => trial.mutate()}>
        {trial.isPending ? said.testing : said.test}
      </Button>
      {trial.error !== null && <ErrorNotice error={trial.error} />}
      {trial.data !== undefined && <Outcome of={trial.data} />}
      <Command>
        {commandLine(["connection", "test", connection.name], { project: at.project, e: at.environment })}
      </Command>
    </section>
  );
}

function Outcome({ of: { outcome, checks, ms } }: { of: ConnectionTest }) {
  const said = useTexts(texts);
  return (
    <>
      <Notice tone={tones[outcome]}>{said.outcomes[outcome]}</Notice>
      <ul className="space-y-1.5">
        {checks.map(({ what, outcome: one, message }) => (
          <li key={what} className="text-sm">
            <StateMark tone={looks[one][0]} shape={looks[one][1]} word={said.marks[one]} />{" "}
            <span className="font-medium">{what}</span>
            <span className="text-muted block [overflow-wrap:anywhere]">{message}</span>
          </li>
        ))}
      </ul>
      <p className="text-muted text-xs">{said.from(ms)}</p>
    </>
  );
}
