import { useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient, useMay } from "../../../data/queries.ts";
import { Twin } from "../../../ui/command.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { Rows } from "../parts/rows.tsx";
import { useList } from "../parts/use-list.ts";
import { Archive } from "./archive.tsx";
import { Holds } from "./holds.tsx";
import { RetentionForm, type Kind, type Rule } from "./retention-form.tsx";
import { texts } from "./texts.ts";

/** How long what is kept, and what would go now. */
export function RetentionSection() {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useSuspenseQuery({
    queryKey: [...keys.settings, "retention"],
    queryFn: () => client.retention.get(),
  });
  const preview = useList("retention-preview", (api) => api.retention.preview());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  const rules: Rule[] = [
    { kind: "runs", keepDays: data.keepDays, own: data.own, minimumDays: 1, setBy: data.setBy },
    ...data.kinds,
  ];
  const shown = rules.find(({ kind }) => kind === show);
  const wouldGo = (kind: Kind): string => {
    const found = preview.find((one) => one.kind === kind);
    if (found === undefined || found.count === 0) return "0";
    return found.more ? said.more(found.count) : String(found.count);
  };
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="space-y-4">
        <Panel flush>
          <Rows
            label={said.kind}
            rows={rules}
            idOf={({ kind }) => kind}
            nameOf={({ kind }) => said.kinds[kind]}
            {...(admin ? { onOpen: ({ kind }: Rule) => open(kind) } : {})}
            columns={[
              { title: said.kept, cell: ({ keepDays }) => (keepDays === null ? said.forEver : said.days(keepDays)) },
              { title: said.own, cell: ({ own, setBy }) => (own ? (setBy?.name ?? "") : said.byDefault), phone: false },
              { title: said.would, cell: ({ kind }) => wouldGo(kind) },
            ]}
          />
        </Panel>
        <p className="text-muted text-sm">
          {said.undo(data.undoDays)} {said.purged(data.purged.runs, data.purged.events)}
        </p>
        <Twin>{commandLine(["retention", "preview"])}</Twin>
        <Holds />
        <Archive />
      </div>
      {admin && shown !== undefined && <RetentionForm key={show} rule={shown} onClose={close} />}
    </Page>
  );
}
