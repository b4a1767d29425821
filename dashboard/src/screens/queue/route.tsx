import { useNavigate, useSearch } from "@tanstack/react-router";
import { Suspense, type ReactNode } from "react";
import { Loading } from "../../ui/loading.tsx";
import { Page } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Freezes } from "./freezes.tsx";
import { KillSwitch } from "./kill-switch.tsx";
import { LiveRuns } from "./live-runs.tsx";
import { texts } from "./texts.ts";
import { Workers } from "./workers.tsx";

/** What hasn't ended, who carries it out, and what holds it. */
export function QueueScreen() {
  const said = useTexts(texts);
  const { tab = "runs" } = useSearch({ from: "/queue" });
  const navigate = useNavigate({ from: "/queue" });
  return (
    <Page title={said.title} lead={said.lead}>
      <Tabs
        label={said.parts}
        value={tab}
        onChange={(next) => void navigate({ search: (before) => ({ ...before, tab: next as typeof tab }) })}
        tabs={[
          { value: "runs", label: said.tabs.runs, content: part(<LiveRuns />) },
          { value: "workers", label: said.tabs.workers, content: part(<Workers />) },
          {
            value: "stops",
            label: said.tabs.stops,
            content: part(
              <div className="space-y-4">
                <KillSwitch />
                <Freezes />
              </div>,
            ),
          },
        ]}
      />
    </Page>
  );
}

function part(content: ReactNode): ReactNode {
  return <Suspense fallback={<Loading />}>{content}</Suspense>;
}
