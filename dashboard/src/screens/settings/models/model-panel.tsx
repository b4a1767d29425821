import type { ModelTest, ModelView } from "@gantry/sdk/api";
import { useMutation } from "@tanstack/react-query";
import { useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Command } from "../../../ui/command.tsx";
import { microsText } from "../../../ui/micros.ts";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { duration } from "../../../ui/time.tsx";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
import { PanelBody, SidePanel } from "../parts/side-panel.tsx";
import { ModelState } from "./model-state.tsx";
import { texts } from "./texts.ts";

/** What is known of one model, and whether it answers. */
export function ModelPanel({ model, onClose }: { model: ModelView; onClose(): void }) {
  const said = useTexts(texts);
  const admin = useMay("admin");
  const { price, priceKnown } = model;
  return (
    <SidePanel title={model.model} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.state, <ModelState key="state" refused={model.refused} />],
            [said.connection, model.connection],
            [said.provider, model.provider],
            [said.tier, model.tier],
            [said.price, said.prices(price.input, price.output, priceKnown)],
            ...(model.asOf === null ? [] : [[said.asOf, model.asOf] as const]),
            [said.context, said.tokens(model.context)],
            [said.output, said.tokens(model.output)],
            [said.can, model.can.join(", ")],
          ]}
        />
        {admin && <Trial name={`${model.connection}/${model.model}`} />}
      </PanelBody>
    </SidePanel>
  );
}

function Trial({ name }: { name: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const trial = useMutation({ mutationFn: () => client.models.test(name) });
  return (
    <section className="border-line space-y-2 rounded-md border p-3" aria-label={said.test}>
      <Button pending={trial.isPending} onClick={() => trial.mutate()}>
        {trial.isPending ? said.testing : said.test}
      </Button>
      {trial.error !== null && <ErrorNotice error={trial.error} />}
      {trial.data !== undefined && <Outcome of={trial.data} />}
      <Command>{commandLine(["models", "test", name])}</Command>
    </section>
  );
}

function Outcome({ of: { error, text, firstTokenMs, totalMs, usage, cost } }: { of: ModelTest }) {
  const said = useTexts(texts);
  if (error !== null)
    return (
      <Notice tone="bad">
        {said.failed} {error.message}{" "}
        <a href={`/errors/${error.code}`} className="font-mono text-xs underline">
          {error.code}
        </a>
      </Notice>
    );
  return (
    <>
      <Notice tone="good">{said.answered(text.slice(0, 200))}</Notice>
      <p className="text-muted text-xs">
        {said.times(firstTokenMs === null ? null : duration(firstTokenMs), duration(totalMs))}
      </p>
      {usage !== null && cost !== null && (
        <p className="text-muted text-xs">
          {said.used(usage.input, usage.output, microsText(cost.micros, cost.known))}
        </p>
      )}
    </>
  );
}
