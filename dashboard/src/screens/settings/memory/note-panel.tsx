import type { MemoryView } from "@gantry/sdk/api";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { RunLink } from "../../../ui/run-link.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { PlaceWord } from "../parts/place-field.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { texts } from "./texts.ts";

/** A note with where it is from; people vouch for it, or remove it. */
export function NotePanel({ note, may, onClose }: { note: MemoryView; may: boolean; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const { id, kind, text, agent, run, source, tainted, vouched, pinnedBy, actor, updatedAt } = note;
  const pinned = pinnedBy !== null;
  const pin = useChange(() => client.memories.pin(id, !pinned));
  return (
    <SidePanel title={said.label} onClose={onClose}>
      <PanelBody>
        <p className="[overflow-wrap:anywhere] whitespace-pre-wrap">{text}</p>
        <Facts
          items={[
            [said.kind, said.kinds[kind]],
            [said.where, <PlaceWord key="where" of={note} />],
            [said.vouched, vouched ? said.yes : said.no],
            [said.by, agent === null ? actor.name : said.agent(agent, actor.name)],
            [said.at, <Time key="at" at={updatedAt} />],
            ...(run === null ? [] : [[said.run, <Run key="run" id={run} />] as const]),
            ...(source === null ? [] : [[said.source, source] as const]),
            ...(tainted.length === 0 ? [] : [[said.tainted, tainted.join(", ")] as const]),
            ...(pinnedBy === null ? [] : [[said.pinned, pinnedBy.name] as const]),
          ]}
        />
        {may && <p className="text-muted text-xs">{said.pinHint}</p>}
        {may && <Twin>{commandLine(["memory", "pin", id], { off: pinned })}</Twin>}
        {pin.error !== null && <ErrorNotice error={pin.error} />}
      </PanelBody>
      {may && (
        <PanelFoot>
          <ConfirmButton
            label={said.forget}
            title={said.forgetQuestion}
            command={commandLine(["memory", "forget", id])}
            work={() => client.memories.forget(id)}
            done={onClose}
          >
            {said.forgetText}
          </ConfirmButton>
          <Button kind={pinned ? "plain" : "primary"} pending={pin.pending} onClick={() => pin.run()}>
            {pinned ? said.unpin : said.pin}
          </Button>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function Run({ id }: { id: string }) {
  return <RunLink run={id}>{id.slice(0, 8)}</RunLink>;
}
