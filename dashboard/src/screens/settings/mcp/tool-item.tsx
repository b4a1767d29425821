import type { Effect, Json } from "@gantry/sdk";
import type { McpToolView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { TextComparison } from "../../../ui/diff/diff-view.tsx";
import { visible } from "../../../ui/diff/visible.ts";
import { SelectField } from "../../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { texts } from "./texts.ts";

const effects = ["reads", "drafts", "changes", "destroys"] as const satisfies readonly Effect[];
const looks: Record<McpToolView["state"], readonly [Tone, Shape]> = {
  new: ["attention", "diamond"],
  approved: ["good", "check"],
  changed: ["bad", "question"],
  gone: ["idle", "dash"],
};

/** One tool, with all that its server says of it, so that nobody approves what they could not read. */
export function ToolItem({ server, tool, admin }: { server: string; tool: McpToolView; admin: boolean }) {
  const said = useTexts(texts);
  const client = useClient();
  const { name, state, description, inputSchema, outputSchema, annotations, changes, effect, approvedBy } = tool;
  return (
    <details className="border-line rounded-md border" open={state === "changed"}>
      <summary className="flex min-h-10 flex-wrap items-center gap-2 px-3 py-1.5">
        <span className="font-mono text-xs [overflow-wrap:anywhere]">{visible(name)}</span>
        <StateMark tone={looks[state][0]} shape={looks[state][1]} word={said.states[state]} />
      </summary>
      <div className="border-line space-y-3 border-t p-3">
        {tool.warnings.map((warning) => (
          <Notice key={warning} tone="warn">
            {warning}
          </Notice>
        ))}
        <Facts
          items={[
            [said.inPlans, <code key="name">{tool.tool}</code>],
            ...(effect === null ? [] : [[said.approvedAs, effect] as const]),
            ...(approvedBy === null ? [] : [[said.approvedBy, approvedBy] as const]),
          ]}
        />
        {changes.length > 0 && <Notice tone="bad">{said.changedParts(changes.length)}</Notice>}
        {changes.map(({ part, before, after }) => (
          <div key={part}>
            <h4 className="text-muted mb-1 text-xs">{part}</h4>
            <TextComparison before={before ?? ""} after={after ?? ""} />
          </div>
        ))}
        <Words title={said.itSays} text={description ?? said.nothing} />
        <Words title={said.input} text={asText(inputSchema)} />
        {outputSchema !== null && <Words title={said.output} text={asText(outputSchema)} />}
        {annotations !== null && <Words title={said.hints} text={asText(annotations)} />}
        {admin && tool.digest !== null && <Approve server={server} tool={tool} digest={tool.digest} />}
        {admin && effect !== null && (
          <ConfirmButton
            small
            label={said.revoke}
            title={said.revokeQuestion(visible(name))}
            command={commandLine(["mcp", "revoke", server, name])}
            work={() => client.mcpServers.revoke(server, [name])}
          >
            {said.revokeText}
          </ConfirmButton>
        )}
      </div>
    </details>
  );
}

/** Of what is shown: the digest goes with it, and a tool that became another since is refused. */
function Approve({ server, tool, digest }: { server: string; tool: McpToolView; digest: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const [effect, setEffect] = useState<Effect>(tool.effect ?? "changes");
  const approve = useChange(() => client.mcpServers.approve(server, { tools: [{ name: tool.name, digest, effect }] }));
  // As it is, with the effect that is chosen.
  if (tool.state === "approved" && approve.error === null && effect === tool.effect)
    return <EffectField value={effect} onChange={setEffect} />;
  return (
    <>
      <EffectField value={effect} onChange={setEffect} />
      <Button kind="primary" pending={approve.pending} onClick={() => approve.run()}>
        {said.approve}
      </Button>
      {approve.error !== null && <ErrorNotice error={approve.error} />}
      <Twin>{commandLine(["mcp", "approve", server, `${tool.name}@${digest.slice(0, 23)}`], { effect })}</Twin>
    </>
  );
}

function EffectField({ value, onChange }: { value: Effect; onChange(effect: Effect): void }) {
  const said = useTexts(texts);
  return (
    <SelectField
      label={said.effect}
      hint={said.effectHint}
      value={value}
      onChange={(event) => onChange(event.target.value as Effect)}
      options={effects.map((one) => ({ value: one, label: one }))}
    />
  );
}

function Words({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <h4 className="text-muted mb-1 text-xs">{title}</h4>
      <pre
        className="bg-sunken max-h-60 overflow-auto rounded-md p-2 font-mono text-xs [overflow-wrap:anywhere] whitespace-pre-wrap"
        tabIndex={0}
        role="group"
        aria-label={title}
      >
        {text.split("\n").map(visible).join("\n")}
      </pre>
    </div>
  );
}

function asText(value: Json): string {
  return JSON.stringify(value, null, 2);
}
