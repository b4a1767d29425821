import type { ModelCallContent } from "@gantry/sdk/api";
import { useMutation } from "@tanstack/react-query";
import { useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Folded, Text } from "./said.tsx";
import { texts } from "./texts.ts";

/** What was asked of models for a turn, once somebody who may wants to see it: each look is recorded, so nothing is read before. */
export function AskedOf({ calls }: { calls: readonly string[] }) {
  const said = useTexts(texts);
  const client = useClient();
  const may = useMay("admin");
  const look = useMutation({ mutationFn: () => Promise.all(calls.map((call) => client.models.content(call))) });
  if (!may || calls.length === 0) return null;
  if (look.data !== undefined) return look.data.map((one) => <Asked key={one.call.id} of={one} />);
  return (
    <div className="space-y-2">
      <Button small pending={look.isPending} onClick={() => look.mutate()}>
        {said.showAsked}
      </Button>
      {look.error !== null && <ErrorNotice error={look.error} />}
    </div>
  );
}

function Asked({ of: { call, content } }: { of: ModelCallContent }) {
  const said = useTexts(texts);
  const { messages, tools, answer } = content;
  return (
    <section className="border-line space-y-1.5 rounded-md border p-2" aria-label={said.asked(call.model)}>
      <h4 className="text-xs font-medium [overflow-wrap:anywhere]">{said.asked(call.model.slice(0, 200))}</h4>
      {tools.length > 0 && <p className="text-muted text-xs [overflow-wrap:anywhere]">{said.offered(tools)}</p>}
      {messages.map(({ role, text, calls, results }, at) => (
        <Folded
          key={at}
          title={said.roles[role]}
          text={[text, ...[...calls, ...results].map((one) => JSON.stringify(one, null, 2))].join("\n").trim()}
        />
      ))}
      <Text label={said.answered}>
        {[answer.text, ...answer.calls.map((one) => JSON.stringify(one, null, 2))].join("\n").trim()}
      </Text>
    </section>
  );
}
