import type { SecretView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { PlaceWord } from "../parts/place-field.tsx";
import { placeText, readPlace } from "../parts/place.ts";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { RotateBy } from "./rotate-by.tsx";
import { StoreSecretPanel } from "./store-secret-panel.tsx";
import { texts } from "./texts.ts";

/** What is known of a secret, its versions, a new value, and its end. */
export function SecretPanel({ secret, may, onClose }: { secret: SecretView; may: boolean; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [storing, setStoring] = useState(false);
  const place = placeText(secret);
  const at = readPlace(place);
  const options = { project: at.project, e: at.environment };
  if (storing) return <StoreSecretPanel secret={secret} place={place} onClose={onClose} />;
  return (
    <SidePanel title={secret.name} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.where, <PlaceWord key="where" of={secret} />],
            [said.version, secret.version],
            [said.by, secret.actor],
            [said.at, <Time key="at" at={secret.updatedAt} />],
            [said.used, secret.lastUsedAt === null ? said.never : <Time key="used" at={secret.lastUsedAt} />],
            [said.rotate, <RotateBy key="rotate" of={secret} />],
          ]}
        />
        <Versions secret={secret} may={may} />
      </PanelBody>
      {may && (
        <PanelFoot>
          <ConfirmButton
            label={said.delete}
            title={said.deleteQuestion(secret.name)}
            typed={secret.name}
            command={commandLine(["secret", "rm", secret.name], options)}
            work={() => client.secrets.delete(secret.name, at)}
            done={onClose}
          >
            {said.deleteText}
          </ConfirmButton>
          <Button kind="primary" onClick={() => setStoring(true)}>
            {said.newValue}
          </Button>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function Versions({ secret, may }: { secret: SecretView; may: boolean }) {
  const said = useTexts(texts);
  const client = useClient();
  const place = placeText(secret);
  const at = readPlace(place);
  const versions = useList(["secrets", place, secret.name], (api) => api.secrets.versions(secret.name, at));
  return (
    <section aria-label={said.versions}>
      <h3 className="mb-1 text-sm font-medium">{said.versions}</h3>
      <ul className="divide-line divide-y">
        {versions.map(({ version, createdAt, actor, current }) => (
          <li key={version} className="flex min-h-9 flex-wrap items-center gap-2 py-1">
            <span className="w-6">{version}</span>
            <span className="min-w-0 flex-1">
              <Time at={createdAt} /> <span className="text-muted">{actor}</span>
            </span>
            {current ? (
              <StateMark tone="good" shape="check" word={said.current} />
            ) : (
              may && (
                <ConfirmButton
                  small
                  confirm="primary"
                  label={said.restore}
                  title={said.restoreQuestion(secret.name, version)}
                  command={commandLine(["secret", "restore", secret.name], {
                    to: version,
                    project: at.project,
                    e: at.environment,
                  })}
                  work={() => client.secrets.restore(secret.name, version, at)}
                >
                  {said.restoreText}
                </ConfirmButton>
              )
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
