import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { CheckList } from "../../ui/check-list.tsx";
import { Command } from "../../ui/command.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { count, doctorQuery } from "./query.ts";
import { texts } from "./texts.ts";

/** Whether all is well here, and how it would become so. */
export function DoctorScreen() {
  const said = useTexts(texts);
  return (
    <Page title={said.title} lead={said.lead}>
      <Findings />
    </Page>
  );
}

function Findings() {
  const said = useTexts(texts);
  const { data, refetch, isFetching } = useSuspenseQuery(doctorQuery(useClient()));
  const { broken, missing } = count(data);
  return (
    <div className="space-y-4">
      <Notice tone={broken > 0 ? "bad" : "good"}>{broken > 0 ? said.toMend(broken) : said.fine(missing)}</Notice>
      <Panel
        title={said.checks}
        flush
        actions={
          <Button small pending={isFetching} onClick={() => void refetch()}>
            {isFetching ? said.looking : said.again}
          </Button>
        }
      >
        <CheckList checks={data.checks} />
      </Panel>
      <Command label={said.twin}>npx gantry doctor</Command>
      <p className="text-sm">
        <Link to="/onboarding" className="text-accent underline">
          {said.firstSteps}
        </Link>
      </p>
    </div>
  );
}
