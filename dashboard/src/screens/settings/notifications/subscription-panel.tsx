import type { DeliveryView, SubscriptionView } from "@gantry/sdk/api";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Command } from "../../../ui/command.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Ago } from "../../../ui/time.tsx";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { PlaceWord } from "../parts/place-field.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { destinationWords } from "./destination.ts";
import { texts } from "./texts.ts";

const looks: Record<DeliveryView["status"], readonly [Tone, Shape]> = {
  pending: ["active", "hourglass"],
  sent: ["good", "check"],
  dead: ["bad", "cross"],
  failed: ["bad", "question"],
};

/** One subscription: where it leads, what was sent, and a test. */
export function SubscriptionPanel({
  subscription,
  may,
  onClose,
}: {
  subscription: SubscriptionView;
  may: boolean;
  onClose(): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const { name, destination, kinds, paused, quietHours, actor } = subscription;
  const test = useChange(() => client.subscriptions.test(name));
  const turn = useChange(() =>
    paused === null ? client.subscriptions.pause(name) : client.subscriptions.resume(name),
  );
  return (
    <SidePanel title={name} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.channel, said.channels[destination.channel]],
            [said.destination, destinationWords(destination)],
            [said.where, <PlaceWord key="where" of={subscription} />],
            [said.kinds, kinds.join(", ")],
            [
              said.quiet,
              quietHours === null ? said.none : `${quietHours.from}–${quietHours.to} ${quietHours.timeZone}`,
            ],
            [said.waiting, subscription.pending],
            [said.by, actor],
          ]}
        />
        {may && (
          <div className="space-y-2">
            <Button pending={test.pending} onClick={() => test.run()}>
              {test.pending ? said.testing : said.test}
            </Button>
            <Command>{commandLine(["notify", "test", name])}</Command>
          </div>
        )}
        {test.error !== null && <ErrorNotice error={test.error} />}
        {turn.error !== null && <ErrorNotice error={turn.error} />}
        <Deliveries subscription={subscription} may={may} />
      </PanelBody>
      {may && (
        <PanelFoot>
          <ConfirmButton
            label={said.remove}
            title={said.removeQuestion(name)}
            command={commandLine(["notify", "remove", name])}
            work={() => client.subscriptions.delete(name)}
            done={onClose}
          >
            {said.removeText}
          </ConfirmButton>
          <Button pending={turn.pending} onClick={() => turn.run()}>
            {paused === null ? said.pause : said.resume}
          </Button>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function Deliveries({ subscription: { name, dead }, may }: { subscription: SubscriptionView; may: boolean }) {
  const said = useTexts(texts);
  const client = useClient();
  const deliveries = useList(["deliveries", name], (api) => api.deliveries.list({ subscription: name, limit: 10 }));
  const replay = useChange(async () => {
    const lost = await client.deliveries.list({ subscription: name, status: "dead", limit: 200 });
    return client.deliveries.replay({ deliveries: lost.items.map(({ id }) => id) });
  });
  return (
    <section aria-label={said.deliveries} className="space-y-2">
      <h3 className="text-sm font-medium">{said.deliveries}</h3>
      {deliveries.length === 0 && <p className="text-muted">{said.noDeliveries}</p>}
      <ul className="divide-line divide-y">
        {deliveries.map(({ id, status, sentence, createdAt, answer }) => (
          <li key={id} className="py-1.5">
            <StateMark tone={looks[status][0]} shape={looks[status][1]} word={said.statuses[status]} />{" "}
            <span className="text-muted text-xs">
              <Ago at={createdAt} />
            </span>
            <p className="[overflow-wrap:anywhere]">{sentence}</p>
            {answer !== null && <p className="text-muted text-xs [overflow-wrap:anywhere]">{answer.detail}</p>}
          </li>
        ))}
      </ul>
      {may && dead > 0 && (
        <Button pending={replay.pending} onClick={() => replay.run()}>
          {said.replay}
        </Button>
      )}
      {replay.error !== null && <ErrorNotice error={replay.error} />}
    </section>
  );
}
