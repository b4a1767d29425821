import type { CreateTrigger, TriggerSource } from "@gantry/sdk/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys, useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { draftOf, filledIn, formTexts, SchemaForm, serverProblems, type Draft } from "../../ui/schema-form/index.ts";
import { useTexts } from "../../ui/texts.ts";
import { useSecretNames } from "../compose/secret-names.ts";
import { Conditions, conditionsOf, type ConditionsDraft } from "./conditions.tsx";
import { kinds, sources } from "./sources.ts";
import { texts } from "./texts.ts";

type Kind = TriggerSource["kind"];

/** Lets a runbook with its parameters start by itself. */
export function SaveTrigger({
  what,
  onClose,
}: {
  what: Pick<CreateTrigger, "runbook" | "parameters"> & { project: string; environment: string };
  onClose(): void;
}) {
  const said = useTexts(texts);
  const { words } = useTexts(formTexts);
  const client = useClient();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const secrets = useSecretNames(what);
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>("schedule");
  const [drafts, setDrafts] = useState<Partial<Record<Kind, Draft>>>({});
  const [conditions, setConditions] = useState<ConditionsDraft>({ when: "", mapping: [] });
  const [tried, setTried] = useState(false);
  const schema = sources[kind];
  const draft = drafts[kind] ?? draftOf(schema, schema);
  const { value, problems } = filledIn(schema, schema, draft, { words });
  const save = useMutation({
    mutationFn: () => {
      const { project, environment, runbook, parameters = {} } = what;
      const source = { kind, ...(value as object) } as CreateTrigger["source"];
      return client.triggers.create({
        name,
        project,
        environment,
        runbook,
        parameters,
        source,
        ...conditionsOf(conditions),
      });
    },
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: [...keys.runs, "triggers"] });
      void navigate({ to: "/triggers/$trigger", params: { trigger: id } });
    },
  });
  const named = serverProblems(save.error, "")["name"];
  const shown = tried ? { ...serverProblems(save.error, "source"), ...problems } : {};
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={said.saveTitle}
      footer={
        <Button
          kind="primary"
          pending={save.isPending}
          onClick={() => {
            setTried(true);
            if (name !== "" && Object.keys(problems).length === 0) save.mutate();
          }}
        >
          {save.isPending ? said.saving : said.save}
        </Button>
      }
    >
      <div className="space-y-4">
        <p>{said.saveWhat(what.runbook, what.environment)}</p>
        <TextField
          label={said.name}
          hint={said.nameHint}
          value={name}
          error={tried && name === "" ? words.needed : (named ?? null)}
          onChange={(event) => setName(event.target.value)}
        />
        <SelectField
          label={said.kind}
          value={kind}
          onChange={(event) => setKind(event.target.value as Kind)}
          options={kinds.map((one) => ({ value: one, label: said.kinds[one] }))}
        />
        <SchemaForm
          schema={schema}
          draft={draft}
          problems={shown}
          secrets={secrets}
          onChange={(next) => setDrafts({ ...drafts, [kind]: next })}
        />
        <details>
          <summary className="text-sm">{said.options}</summary>
          <div className="mt-3">
            <Conditions value={conditions} error={save.error} onChange={setConditions} />
          </div>
        </details>
        {save.error !== null && <ErrorNotice error={save.error} />}
      </div>
    </Dialog>
  );
}
