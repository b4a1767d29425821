import { Suspense, type ReactNode } from "react";
import { Loading } from "../../../ui/loading.tsx";
import type { Tab } from "../../../ui/tabs.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { RunArtifacts } from "../artifacts/run-artifacts.tsx";
import { RunEvents } from "../events/run-events.tsx";
import { RunLogs } from "../logs/run-logs.tsx";
import type { OutputProps } from "./search.ts";

/** What a run wrote, did and kept. */
export function useOutputTabs(props: OutputProps): (Tab & { value: "log" | "events" | "artifacts" })[] {
  const said = useTexts(texts);
  return [
    { value: "log", label: said.log, content: waiting(<RunLogs {...props} />) },
    { value: "events", label: said.events, content: waiting(<RunEvents {...props} />) },
    { value: "artifacts", label: said.artifacts, content: waiting(<RunArtifacts run={props.run} />) },
  ];
}

function waiting(content: ReactNode): ReactNode {
  return <Suspense fallback={<Loading />}>{content}</Suspense>;
}

const texts = { en: { log: "Log", events: "Events", artifacts: "Files" } };
