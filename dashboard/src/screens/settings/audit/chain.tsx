import type { AuditVerdict } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { keys, useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { CopyButton, Twin } from "../../../ui/command.tsx";
import { TextField } from "../../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { Panel } from "../../../ui/page.tsx";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Ago, Time } from "../../../ui/time.tsx";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
import { texts } from "./texts.ts";

/** What a record of a verification says; others may have written other details. */
const Verified = z
  .object({ intact: z.boolean(), head: z.object({ n: z.int() }).nullable() })
  .nullable()
  .catch(null);

/** Up to where the trail is sealed, who verified it last and up to where; and doing it now. */
export function Chain() {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useSuspenseQuery({
    queryKey: [...keys.settings, "audit-chain"],
    queryFn: async () => {
      const [newest, verifications] = await Promise.all([
        client.audit.head(),
        client.audit.list({ action: "audit.verify", limit: 1 }),
      ]);
      return { ...newest, last: verifications.items[0] ?? null };
    },
  });
  const [kept, setKept] = useState("");
  const verify = useChange(() => client.audit.verify(kept === "" ? {} : { head: kept.trim() }));
  const { head, sealedAt, last } = data;
  const text = head === null ? "" : `${head.n}:${head.hash}`;
  const found = Verified.parse(last?.details ?? null);
  return (
    <Panel title={said.chain}>
      <div className="grid gap-4 lg:grid-cols-2">
        <div className="space-y-3">
          <Facts
            items={[
              [said.sealed, head === null ? said.nothingSealed : said.seal(head.n)],
              ...(sealedAt === null ? [] : [[said.sealedAt, <Ago key="sealed" at={sealedAt} />] as const]),
              [
                said.verified,
                last === null || found === null ? (
                  said.never
                ) : (
                  <span key="verified">
                    {found.intact ? (
                      <StateMark tone="good" shape="check" word={said.intact} />
                    ) : (
                      <StateMark tone="bad" shape="cross" word={said.changed} />
                    )}{" "}
                    {found.head !== null && said.upTo(found.head.n)} {said.by(last.actor.name)}, <Time at={last.at} />
                  </span>
                ),
              ],
            ]}
          />
          {text !== "" && (
            <div className="space-y-1">
              <div className="border-line bg-sunken flex items-center gap-2 rounded-md border p-1 pl-2">
                <code aria-label={said.head} className="min-w-0 flex-1 font-mono text-xs break-all">
                  {text}
                </code>
                <CopyButton text={text} />
              </div>
              <p className="text-muted text-xs">{said.headText}</p>
            </div>
          )}
        </div>
        <div className="space-y-3">
          <TextField
            label={said.kept}
            hint={said.keptHint}
            className="font-mono"
            value={kept}
            error={errorAt(verify.error, "head")}
            onChange={(event) => setKept(event.target.value)}
          />
          <Button kind="primary" pending={verify.pending} onClick={() => verify.run()}>
            {verify.pending ? said.verifying : said.verify}
          </Button>
          {verify.error !== null && <ErrorNotice error={verify.error} />}
          {verify.result !== undefined && <Verdict of={verify.result} />}
          <Twin>{commandLine(["audit", "verify"], { head: kept })}</Twin>
        </div>
      </div>
    </Panel>
  );
}

function Verdict({ of: { intact, problems, seals, rows, purged, redacted } }: { of: AuditVerdict }) {
  const said = useTexts(texts);
  return (
    <div className="space-y-2">
      <Notice tone={intact ? "good" : "bad"}>{intact ? said.good(seals, rows) : said.bad(problems.length)}</Notice>
      {purged + redacted > 0 && <p className="text-muted text-xs">{said.gone(purged, redacted)}</p>}
      <ul className="max-h-64 space-y-1.5 overflow-y-auto text-sm">
        {problems.map(({ kind, seal, what, message, from, to }) => (
          <li key={`${kind} ${seal} ${what ?? ""}`} className="[overflow-wrap:anywhere]">
            {message}{" "}
            <span className="text-muted text-xs">
              {from !== null && (
                <>
                  {said.between} <Time at={from} /> {said.and}{" "}
                </>
              )}
              <Time at={to} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
