import type { PolicyCaseResult, Role } from "@gantry/sdk/api";
import { useMutation } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { Panel } from "../../../ui/page.tsx";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Checks } from "../parts/checks.tsx";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
import { namesIn } from "../parts/names.ts";
import { PlaceField } from "../parts/place-field.tsx";
import { readPlace } from "../parts/place.ts";
import { roleOptions, roleWords } from "../parts/roles.ts";
import { texts } from "./texts.ts";

const effects = ["reads", "drafts", "changes", "destroys"] as const;
type Effect = (typeof effects)[number];
type Action = keyof typeof texts.en.actions;
const looks: Record<PolicyCaseResult["result"], readonly [Tone, Shape]> = {
  allow: ["good", "check"],
  deny: ["bad", "stop"],
  require_approval: ["attention", "diamond"],
};

/** What policy would say of a plan, with the text as it stands in the editor. */
export function PolicyTrial({ name, place: own, text }: { name: string; place: string; text: string }) {
  const said = useTexts(texts);
  const words = useTexts(roleWords);
  const client = useClient();
  const [place, setPlace] = useState(own);
  const [roles, setRoles] = useState<Role[]>(["operator"]);
  const [groups, setGroups] = useState("");
  const [action, setAction] = useState<Action>("apply");
  const [effect, setEffect] = useState<Effect>("changes");
  const [counts, setCounts] = useState({ add: "0", change: "1", destroy: "0" });
  const [runbook, setRunbook] = useState("");
  const ask = useMutation({
    mutationFn: () =>
      client.policies.test({
        ...readPlace(place),
        // A draft is one of the place that is asked about.
        drafts: place === own ? [{ name, text }] : [],
        cases: [
          {
            name: "asked here",
            by: { roles, groups: namesIn(groups) },
            plan: {
              action,
              effect,
              counts: { add: Number(counts.add), change: Number(counts.change), destroy: Number(counts.destroy) },
              runbook: runbook === "" ? null : runbook,
            },
            expect: "allow",
          },
        ],
      }),
  });
  const result = ask.data?.cases[0];
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    ask.mutate();
  };
  const countFields = [
    ["add", said.adds],
    ["change", said.change],
    ["destroy", said.destroy],
  ] as const;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <form onSubmit={send}>
        <Panel title={said.asks}>
          <div className="space-y-3">
            <Checks legend={said.roles} options={roleOptions(words)} value={roles} onChange={setRoles} />
            <TextField
              label={said.groups}
              hint={said.groupsHint}
              value={groups}
              onChange={(event) => setGroups(event.target.value)}
            />
            <PlaceField label={said.where} value={place} onChange={setPlace} />
            <SelectField
              label={said.action}
              value={action}
              options={(["start", "apply", "undo"] as const).map((value) => ({ value, label: said.actions[value] }))}
              onChange={(event) => setAction(event.target.value as Action)}
            />
            <SelectField
              label={said.effect}
              value={effect}
              options={effects.map((value) => ({ value, label: value }))}
              onChange={(event) => setEffect(event.target.value as Effect)}
            />
            <div className="grid grid-cols-3 gap-2">
              {countFields.map(([field, label]) => (
                <TextField
                  key={field}
                  label={label}
                  type="number"
                  min={0}
                  required
                  value={counts[field]}
                  onChange={(event) => setCounts({ ...counts, [field]: event.target.value })}
                />
              ))}
            </div>
            <TextField label={said.runbook} value={runbook} onChange={(event) => setRunbook(event.target.value)} />
            <Button kind="primary" type="submit" pending={ask.isPending}>
              {ask.isPending ? said.asking : said.ask}
            </Button>
          </div>
        </Panel>
      </form>
      <div className="space-y-3">
        <p className="text-muted text-sm">{said.draft}</p>
        {ask.error !== null && <ErrorNotice error={ask.error} />}
        <div aria-live="polite">{result !== undefined && <Result of={result} />}</div>
        <Twin>{commandLine(["policy", "test", "cases.yaml"], { draft: `${name}=${name}.cedar` })}</Twin>
      </div>
    </div>
  );
}

function Result({ of: { result, policies, reasons, approvals } }: { of: PolicyCaseResult }) {
  const said = useTexts(texts);
  return (
    <Panel>
      <div className="space-y-3">
        <StateMark tone={looks[result][0]} shape={looks[result][1]} word={said.results[result]} />
        <Facts
          items={[
            [said.decided, policies.join(", ")],
            ...(reasons.length === 0 ? [] : [[said.reasons, reasons.join(" ")] as const]),
            ...(approvals.length === 0
              ? []
              : [[said.needs, approvals.map(({ count, group }) => said.lifts(count, group)).join(", ")] as const]),
          ]}
        />
      </div>
    </Panel>
  );
}
