import { useMay } from "../../../data/queries.ts";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Ago } from "../../../ui/time.tsx";
import { useAddress, useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { ListSection } from "../parts/list-section.tsx";
import { PlaceField, PlaceWord } from "../parts/place-field.tsx";
import { readPlace } from "../parts/place.ts";
import { useList } from "../parts/use-list.ts";
import { AddNotePanel } from "./add-note-panel.tsx";
import { NotePanel } from "./note-panel.tsx";
import { texts } from "./texts.ts";

/** What agents noted of the place that the address names, and what people did. */
export function MemorySection() {
  const said = useTexts(texts);
  const [{ place = "" }, say] = useAddress();
  const at = readPlace(place);
  const notes = useList(["memories", place], (client) => client.memories.list(at));
  const { show, open, close } = useShown();
  const may = useMay("runbooks");
  const shown = notes.find(({ id }) => id === show);
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
      rows={notes}
      idOf={({ id }) => id}
      nameOf={({ text }) => <span className="[overflow-wrap:anywhere]">{text}</span>}
      searched={({ text, agent, actor }) => `${text} ${agent ?? ""} ${actor.name}`}
      columns={[
        {
          title: said.vouched,
          cell: ({ vouched }) =>
            vouched ? (
              <StateMark tone="good" shape="check" word={said.yes} />
            ) : (
              <StateMark tone="idle" shape="question" word={said.no} />
            ),
        },
        { title: said.where, cell: (one) => <PlaceWord of={one} />, phone: false },
        { title: said.at, cell: ({ updatedAt }) => <Ago at={updatedAt} />, phone: false },
      ]}
      empty={{ title: said.empty, command: commandLine(["memory", "add", "Releases are on Tuesdays."], options) }}
      command={commandLine(["memory", "list"], options)}
    >
      {may && show === "new" && <AddNotePanel place={place} onClose={close} />}
      {shown !== undefined && <NotePanel key={show} note={shown} may={may} onClose={close} />}
    </ListSection>
  );
}
