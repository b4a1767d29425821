import { useMay } from "../../../data/queries.ts";
import { useTexts } from "../../../ui/texts.ts";
import { Ago } from "../../../ui/time.tsx";
import { useAddress, useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { ListSection } from "../parts/list-section.tsx";
import { PlaceField } from "../parts/place-field.tsx";
import { readPlace } from "../parts/place.ts";
import { useList } from "../parts/use-list.ts";
import { RotateBy } from "./rotate-by.tsx";
import { SecretPanel } from "./secret-panel.tsx";
import { StoreSecretPanel } from "./store-secret-panel.tsx";
import { texts } from "./texts.ts";

/** Secrets of the place that the address names: names, versions and when they were used, never values. */
export function SecretsSection() {
  const said = useTexts(texts);
  const [{ place = "" }, say] = useAddress();
  const at = readPlace(place);
  const secrets = useList(["secrets", place], (client) => client.secrets.list(at));
  const { show, open, close } = useShown();
  const may = useMay("secrets");
  const shown = secrets.find(({ name }) => name === show);
  const options = { project: at.project, e: at.environment };
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={may && { label: said.add, onPress: () => open("new") }}
      filter={
        <PlaceField
          label={said.where}
          value={place}
          onChange={(next) => say({ place: next === "" ? undefined : next, show: undefined })}
        />
      }
      label={said.label}
      rows={secrets}
      idOf={({ name }) => name}
      nameOf={({ name }) => <span className="font-mono">{name}</span>}
      searched={({ name, actor }) => `${name} ${actor}`}
      columns={[
        { title: said.version, cell: ({ version }) => version },
        { title: said.used, cell: ({ lastUsedAt }) => (lastUsedAt === null ? said.never : <Ago at={lastUsedAt} />) },
        { title: said.by, cell: ({ actor }) => actor, phone: false },
        { title: said.rotate, cell: (one) => <RotateBy of={one} />, phone: false },
      ]}
      empty={{ title: said.empty, command: `${commandLine(["secret", "set", "registry-token"], options)} < token` }}
      command={commandLine(["secret", "list"], options)}
    >
      {may && show === "new" && <StoreSecretPanel secret={null} place={place} onClose={close} />}
      {shown !== undefined && <SecretPanel key={show} secret={shown} may={may} onClose={close} />}
    </ListSection>
  );
}
