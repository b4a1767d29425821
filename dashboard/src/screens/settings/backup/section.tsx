import type { BackupView, OverviewView } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../../data/queries.ts";
import { bytesOf } from "../../../ui/bytes-of.ts";
import { Command } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Ago, Time } from "../../../ui/time.tsx";
import { ForInstallation } from "../../elevation/step-up.tsx";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
import { Rows } from "../parts/rows.tsx";
import { texts } from "./texts.ts";

const folder = "/mnt/backups";

/** Whether the installation is backed up and could be restored. Doing it takes the host, which no session reaches. */
export function BackupSection() {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useSuspenseQuery({
    queryKey: [...keys.overview, "backup"],
    queryFn: () => client.overview.get({ days: 1 }),
  });
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="space-y-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Last of={data.backup} />
          <Drill of={data.drill} />
        </div>
        <ForInstallation before={said.before}>
          <Backups />
        </ForInstallation>
        <p className="text-muted text-sm">{said.host}</p>
        <div className="grid gap-3 sm:grid-cols-2">
          <Command label={said.commands.list}>{commandLine(["backup", "list", folder])}</Command>
          <Command label={said.commands.create}>{commandLine(["backup", "create", folder])}</Command>
          <Command label={said.commands.drill}>{commandLine(["backup", "drill"])}</Command>
          <Command label={said.commands.status}>{commandLine(["restore", "status"])}</Command>
        </div>
      </div>
    </Page>
  );
}

/** Every backup that was made, and failed ones; the schedule of the server's own. */
function Backups() {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useSuspenseQuery({
    queryKey: [...keys.settings, "backups"],
    queryFn: () => client.backups.list(),
  });
  const { schedule, recent, drill } = data;
  return (
    <Panel title={said.all} flush>
      {schedule !== null && (
        <p className="border-line text-muted border-b px-3 py-2 text-sm">{said.scheduledAs(schedule)}</p>
      )}
      {recent.length === 0 ? (
        <EmptyState title={said.noBackups} command={commandLine(["backup", "create", folder])} />
      ) : (
        <Rows
          label={said.file}
          rows={recent}
          idOf={({ id }) => id}
          nameOf={({ file }) => <code className="font-mono text-xs">{file}</code>}
          columns={[
            { title: said.finished, cell: ({ finishedAt }) => <Time at={finishedAt} /> },
            {
              title: said.size,
              cell: ({ bytes, rows }) => (bytes === null ? "" : said.holdsRows(bytesOf(bytes), rows ?? 0)),
              phone: false,
            },
            { title: said.outcome, cell: (one) => <BackupState of={one} triedOut={drill?.backup === one.id} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function BackupState({ of: { error }, triedOut }: { of: BackupView; triedOut: boolean }) {
  const said = useTexts(texts);
  if (error !== null)
    return (
      <>
        <StateMark tone="bad" shape="cross" word={said.failed} />
        <span className="text-muted block text-xs">{error.message}</span>
      </>
    );
  return (
    <>
      <StateMark tone="good" shape="check" word={said.complete} />
      {triedOut && <span className="text-muted block text-xs">{said.triedOut}</span>}
    </>
  );
}

function Last({ of: { takenAt, scheduled, late } }: { of: OverviewView["backup"] }) {
  const said = useTexts(texts);
  const schedule = [said.schedule, scheduled ? said.scheduled : said.unscheduled] as const;
  return (
    <Panel title={said.last}>
      <div className="space-y-3">
        {takenAt === null && <Notice tone="warn">{said.never}</Notice>}
        {late && <Notice tone="warn">{said.lateText}</Notice>}
        <Facts
          items={
            takenAt === null
              ? [schedule]
              : [
                  [said.holds, <Time key="holds" at={takenAt} />],
                  [said.age, <Ago key="age" at={takenAt} />],
                  [said.state, <InTime key="state" late={late} />],
                  schedule,
                ]
          }
        />
      </div>
    </Panel>
  );
}

function InTime({ late }: { late: boolean }) {
  const said = useTexts(texts);
  if (late) return <StateMark tone="attention" shape="question" word={said.late} />;
  return <StateMark tone="good" shape="check" word={said.inTime} />;
}

function Drill({ of }: { of: OverviewView["drill"] }) {
  const said = useTexts(texts);
  if (of === null)
    return (
      <Panel title={said.drill}>
        <Notice tone="warn">{said.noDrill}</Notice>
      </Panel>
    );
  return (
    <Panel title={said.drill}>
      <div className="space-y-3">
        <Facts
          items={[
            [
              said.outcome,
              of.failed ? (
                <StateMark key="outcome" tone="bad" shape="cross" word={said.failed} />
              ) : (
                <StateMark key="outcome" tone="good" shape="check" word={said.whole} />
              ),
            ],
            [said.at, <Ago key="at" at={of.at} />],
          ]}
        />
        {of.failed && <Notice tone="warn">{said.failedText}</Notice>}
      </div>
    </Panel>
  );
}
