import type { ConnectionView } from "@gantry/sdk/api";
import { useMay } from "../../../data/queries.ts";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { PlaceWord } from "../parts/place-field.tsx";
import { placeText } from "../parts/place.ts";
import { PanelBody, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { ConnectionForm } from "./connection-form.tsx";
import { texts } from "./texts.ts";

/** Connections of all places. */
export function ConnectionsSection() {
  const said = useTexts(texts);
  const connections = useList("connections", (client) => client.connections.list());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  const shown = connections.find((one) => idOf(one) === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={admin && { label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={connections}
      idOf={idOf}
      nameOf={({ name }) => name}
      searched={(one) => [one.name, one.kind, placeText(one), ...Object.values(one.settings)].join(" ")}
      columns={[
        { title: said.kind, cell: ({ kind }) => kind },
        { title: said.where, cell: (one) => <PlaceWord of={one} /> },
        {
          title: said.leads,
          cell: ({ settings }) => <code className="font-mono text-xs">{leadsTo(settings)}</code>,
          phone: false,
        },
      ]}
      empty={{
        title: said.empty,
        command:
          "npx gantry connection add hub --kind registry --set url=https://hub.example.com --secret token=hub-token",
      }}
      command={commandLine(["connection", "list"])}
    >
      {admin && show === "new" && <ConnectionForm connection={null} onClose={close} />}
      {shown !== undefined &&
        (admin ? (
          <ConnectionForm key={show} connection={shown} onClose={close} />
        ) : (
          <SidePanel title={shown.name} onClose={close}>
            <PanelBody>
              <Facts
                items={[
                  [said.kind, shown.kind],
                  [said.where, <PlaceWord key="where" of={shown} />],
                  [said.settings, listOf(shown.settings) || said.none],
                  [said.secrets, listOf(shown.secrets) || said.none],
                  [said.by, shown.actor],
                  [said.at, <Time key="at" at={shown.updatedAt} />],
                ]}
              />
            </PanelBody>
          </SidePanel>
        ))}
    </ListSection>
  );
}

/** Names repeat at other places. */
function idOf(one: ConnectionView): string {
  return `${one.name}@${placeText(one)}`;
}

function leadsTo(settings: Readonly<Record<string, string>>): string {
  const { url, address, server, endpoint, hosts, host, port } = settings;
  return (
    url ??
    address ??
    server ??
    endpoint ??
    hosts ??
    (host === undefined ? listOf(settings) : [host, port].filter(Boolean).join(":"))
  );
}

function listOf(record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
