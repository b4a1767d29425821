import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Command } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { Panel } from "../../../ui/page.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { Rows } from "../parts/rows.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

const latest = 50;

/** Runs that were archived and purged: to be kept elsewhere, and checked against what was written. */
export function Archive() {
  const said = useTexts(texts);
  const client = useClient();
  const entries = useList("archive", (api) => api.archive.list({ limit: latest }));
  const verify = useChange(() => client.archive.verify({ limit: 200 }));
  const save = useChange(async (run: string) => saveFile(`run-${run}.ndjson`, await client.archive.content(run)));
  const error = verify.error ?? save.error;
  return (
    <Panel
      title={said.archive}
      flush
      actions={
        entries.length > 0 && (
          <Button small pending={verify.pending} onClick={() => verify.run()}>
            {said.verify}
          </Button>
        )
      }
    >
      {verify.result !== undefined && (
        <div className="p-3">
          {verify.result.problems.length > 0 ? (
            <Notice tone="bad">
              {said.wrong(verify.result.problems.length)}{" "}
              {verify.result.problems.map(({ problem }) => problem).join(" ")}
            </Notice>
          ) : (
            <Notice tone="good">
              {verify.result.more ? said.verifiedSome(verify.result.checked) : said.verified(verify.result.checked)}
            </Notice>
          )}
        </div>
      )}
      {error !== null && (
        <div className="p-3">
          <ErrorNotice error={error} />
        </div>
      )}
      {entries.length === 0 ? (
        <EmptyState title={said.noArchive} />
      ) : (
        <Rows
          label={said.run}
          rows={entries}
          idOf={({ run }) => run}
          nameOf={({ goal }) => goal}
          columns={[
            { title: said.ended, cell: ({ finishedAt }) => <Time at={finishedAt} />, phone: false },
            { title: said.archived, cell: ({ archivedAt }) => <Time at={archivedAt} />, phone: false },
            {
              title: said.saveFile,
              cell: ({ run }) => (
                <Button small pending={save.pending} onClick={() => save.run(run)}>
                  {said.saveFile}
                </Button>
              ),
            },
          ]}
        />
      )}
      {entries.length >= latest && (
        <div className="p-3">
          <Command label={said.older}>{commandLine(["archive", "list"], { limit: 100_000 })}</Command>
        </div>
      )}
    </Panel>
  );
}
