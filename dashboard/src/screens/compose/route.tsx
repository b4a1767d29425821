import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Page } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { useTexts } from "../../ui/texts.ts";
import { ByRunbook } from "./by-runbook.tsx";
import { ByWords } from "./by-words.tsx";
import { texts } from "./texts.ts";

const route = getRouteApi("/compose");

/** Says what is wanted, in words or by a runbook's form, shows the plan, and starts it. */
export function ComposeScreen() {
  const said = useTexts(texts);
  const search = route.useSearch();
  const navigate = useNavigate();
  const by = search.by ?? (search.runbook === undefined ? "words" : "runbook");
  const fill = (runbook: string): void => void navigate({ to: "/compose", search: { by: "runbook", runbook } });
  return (
    <Page title={said.title} lead={said.lead}>
      <Tabs
        label={said.how}
        value={by}
        onChange={(value) =>
          void navigate({
            to: "/compose",
            search: { ...search, by: value === "runbook" ? "runbook" : "words" },
            replace: true,
          })
        }
        tabs={[
          { value: "words", label: said.inWords, content: <ByWords onFill={fill} /> },
          {
            value: "runbook",
            label: said.byRunbook,
            content: (
              <ByRunbook
                name={search.runbook}
                rehearse={search.try === true}
                onPick={(runbook) => void navigate({ to: "/compose", search: { ...search, by: "runbook", runbook } })}
              />
            ),
          },
        ]}
      />
    </Page>
  );
}
