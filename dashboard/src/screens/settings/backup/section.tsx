import type { OverviewView } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../../data/queries.ts";
import { Command } from "../../../ui/command.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Ago, Time } from "../../../ui/time.tsx";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
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
