import type { SubscriptionView } from "@gantry/sdk/api";
import { useMay } from "../../../data/queries.ts";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { ListSection } from "../parts/list-section.tsx";
import { PlaceWord } from "../parts/place-field.tsx";
import { useList } from "../parts/use-list.ts";
import { SubscribePanel } from "./subscribe-panel.tsx";
import { SubscriptionPanel } from "./subscription-panel.tsx";
import { texts } from "./texts.ts";

/** Who is told what. */
export function NotificationsSection() {
  const said = useTexts(texts);
  const subscriptions = useList("subscriptions", (client) => client.subscriptions.list());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  const shown = subscriptions.find(({ name }) => name === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={admin && { label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={subscriptions}
      idOf={({ name }) => name}
      nameOf={({ name }) => name}
      searched={({ name, destination, kinds }) => [name, destination.channel, ...kinds].join(" ")}
      columns={[
        { title: said.channel, cell: ({ destination }) => said.channels[destination.channel] },
        { title: said.where, cell: (one) => <PlaceWord of={one} />, phone: false },
        { title: said.state, cell: (one) => <SubscriptionState of={one} /> },
      ]}
      empty={{
        title: said.empty,
        command: "npx gantry notify add team --email team@example.com --from gantry@example.com --server mail-server",
      }}
      command={commandLine(["notify", "list"])}
    >
      {admin && show === "new" && <SubscribePanel onClose={close} />}
      {shown !== undefined && <SubscriptionPanel key={show} subscription={shown} may={admin} onClose={close} />}
    </ListSection>
  );
}

function SubscriptionState({ of: { paused, dead } }: { of: SubscriptionView }) {
  const said = useTexts(texts);
  if (dead > 0) return <StateMark tone="bad" shape="cross" word={said.dead(dead)} />;
  if (paused !== null) return <StateMark tone="attention" shape="pause" word={said.paused} />;
  return <StateMark tone="good" shape="check" word={said.active} />;
}
