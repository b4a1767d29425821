import type { TriggerView } from "@gantry/sdk/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient, useMe } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Twin } from "../../ui/command.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { pairsOf } from "../settings/parts/pairs-field.tsx";
import { Conditions, conditionsOf, type ConditionsDraft } from "./conditions.tsx";
import { texts } from "./texts.ts";

/** Changes what the trigger fires for and what it takes from it. */
export function EditTrigger({ trigger, onClose }: { trigger: TriggerView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const me = useMe();
  const { id, name, actor, when, mapping } = trigger;
  const [draft, setDraft] = useState<ConditionsDraft>({ when: when ?? "", mapping: pairsOf(mapping) });
  const save = useMutation({
    mutationFn: () => client.triggers.edit(id, conditionsOf(draft)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [...keys.runs, "triggers"] });
      onClose();
    },
  });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={said.editTitle(name)}
      footer={
        <Button kind="primary" pending={save.isPending} onClick={() => save.mutate()}>
          {save.isPending ? said.saving : said.save}
        </Button>
      }
    >
      <div className="space-y-4">
        {actor.id !== me.actor.id && <Notice tone="warn">{said.editActsFor(actor.name)}</Notice>}
        <Conditions value={draft} error={save.error} onChange={setDraft} />
        {save.error !== null && <ErrorNotice error={save.error} />}
        <Twin>{`gantry trigger edit ${id} --when …`}</Twin>
      </div>
    </Dialog>
  );
}
