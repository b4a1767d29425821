import type { AuditEntry } from "@gantry/sdk/api";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { Twin } from "../../../ui/command.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
import { PanelBody, SidePanel } from "../parts/side-panel.tsx";
import { texts } from "./texts.ts";

const looks: Record<AuditEntry["result"], readonly [Tone, Shape]> = {
  allowed: ["good", "check"],
  denied: ["bad", "stop"],
  failed: ["bad", "cross"],
};

/** All of one record. */
export function EntryPanel({ entry, onClose }: { entry: AuditEntry; onClose(): void }) {
  const said = useTexts(texts);
  const { id, kind, at, actor, onBehalfOf, action, target, reason, result, details, source, requestId, redacted } =
    entry;
  return (
    <SidePanel title={action} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.at, <Time key="at" at={at} seconds />],
            [said.actor, `${actor.name} (${actor.kind})`],
            ...(onBehalfOf === null ? [] : [[said.behalf, onBehalfOf.name] as const]),
            [said.result, <Result key="result" of={result} />],
            ...(reason === null ? [] : [[said.reason, reason] as const]),
            [said.target, <Json key="target" of={target} />],
            ...(details === null ? [] : [[said.details, <Json key="details" of={details} />] as const]),
            ...(source === null ? [] : [[said.source, <Json key="source" of={source} />] as const]),
            ...(redacted === null ? [] : [[said.redacted, <Json key="redacted" of={redacted} />] as const]),
            ...(requestId === null ? [] : [[said.request, <Code key="request" text={requestId} />] as const]),
            [said.id, <Code key="id" text={id} />],
          ]}
        />
        {kind === "record" && <Twin>{commandLine(["audit", "show", id])}</Twin>}
      </PanelBody>
    </SidePanel>
  );
}

export function Result({ of }: { of: AuditEntry["result"] }) {
  const [tone, shape] = looks[of];
  return <StateMark tone={tone} shape={shape} word={useTexts(texts).results[of]} />;
}

/** Names and values of what it was done to, in a line. */
export function targetWords(target: AuditEntry["target"]): string {
  return Object.values(target)
    .filter((value) => typeof value === "string" || typeof value === "number")
    .join(" ");
}

function Json({ of }: { of: unknown }) {
  return <pre className="font-mono text-xs whitespace-pre-wrap">{JSON.stringify(of, null, 1)}</pre>;
}

function Code({ text }: { text: string }) {
  return <code className="font-mono text-xs">{text}</code>;
}
