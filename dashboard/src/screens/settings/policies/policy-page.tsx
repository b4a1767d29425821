import { ApiError } from "@gantry/sdk/client";
import type { PolicyView } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Page } from "../../../ui/page.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useAddress } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { PlaceWord } from "../parts/place-field.tsx";
import { readPlace } from "../parts/place.ts";
import { PolicyEditor } from "./policy-editor.tsx";
import { PolicyTrial } from "./policy-trial.tsx";
import { PolicyVersions } from "./policy-versions.tsx";
import { texts } from "./texts.ts";

/** What a policy begins with. */
const starter = `@id("ask-before-destruction")
@reason("Somebody of the approvers looks at what destroys.")
@approval("approvers:1")
forbid (principal, action in [Action::"apply", Action::"undo"], resource)
when { context.counts.destroy > 0 }
unless { context.approved };
`;

/** One policy: its text, a place to try it out, and what it was. */
export function PolicyPage({ name, place, onClose }: { name: string; place: string; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [{ tab = "edit" }, say] = useAddress();
  const admin = useMay("admin");
  const at = readPlace(place);
  const { data: stored } = useSuspenseQuery({
    queryKey: [...keys.settings, "policy", name, place],
    queryFn: () => client.policies.get(name, at).catch(noneYet),
  });
  const [text, setText] = useState(stored?.text ?? starter);
  const options = { project: at.project, e: at.environment };
  return (
    <Page
      title={name}
      lead={<PlaceWord of={{ project: at.project ?? null, environment: at.environment ?? null }} />}
      actions={
        <>
          <Button onClick={onClose}>{said.back}</Button>
          {admin && stored !== null && (
            <ConfirmButton
              label={said.remove}
              title={said.removeQuestion(name)}
              command={commandLine(["policy", "remove", name], { ...options, expect: stored.version })}
              work={() => client.policies.remove(name, { ...at, expectedVersion: stored.version })}
              done={onClose}
            >
              {said.removeText}
            </ConfirmButton>
          )}
        </>
      }
    >
      <Tabs
        label={said.parts}
        value={tab === "test" || (tab === "versions" && stored !== null) ? tab : "edit"}
        onChange={(next) => say({ tab: next === "edit" ? undefined : next }, { replace: true })}
        tabs={[
          {
            value: "edit",
            label: said.tabs.edit,
            content: (
              <PolicyEditor name={name} place={place} stored={stored} text={text} onText={setText} may={admin} />
            ),
          },
          { value: "test", label: said.tabs.test, content: <PolicyTrial name={name} place={place} text={text} /> },
          ...(stored === null
            ? []
            : [
                {
                  value: "versions",
                  label: said.tabs.versions,
                  content: <PolicyVersions policy={stored} place={place} may={admin} onRestored={setText} />,
                },
              ]),
        ]}
      />
    </Page>
  );
}

/** It was only named so far. */
function noneYet(error: unknown): PolicyView | null {
  if (error instanceof ApiError && error.status === 404) return null;
  throw error;
}
