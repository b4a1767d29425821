import { Popover } from "@base-ui/react/popover";
import type { Json } from "@gantry/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient } from "../../data/queries.ts";
import { Button, buttonLook } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { preference, savedSearches, withoutSearch, withSearch } from "./saved.ts";
import type { RunsSearch } from "./search.ts";
import { texts } from "./texts.ts";

const queryKey = [...keys.me, "preferences"];

/** Filters under a name, kept by the server for whoever saved them: they are there in every browser. */
export function SavedSearches({ current, onOpen }: { current: RunsSearch; onOpen(search: RunsSearch): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const { data } = useQuery({ queryKey, queryFn: () => client.me.preferences(), throwOnError: false });
  const saved = savedSearches(data?.preferences[preference]);
  const write = useMutation({
    mutationFn: (next: readonly object[]) => client.me.setPreference(preference, next as unknown as Json),
    onSuccess: (answer) => queries.setQueryData(queryKey, answer),
  });
  const save = (event: { preventDefault(): void }): void => {
    event.preventDefault();
    write.mutate(withSearch(saved, name.trim(), current), { onSuccess: () => setName("") });
  };
  const empty = Object.keys(current).length === 0;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={buttonLook()}>
        {said.saved}
        <Icon name="down" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end" className="z-40">
          <Popover.Popup
            aria-label={said.saved}
            className="bg-raised border-line shadow-raised w-80 max-w-[calc(100vw-1.5rem)] space-y-3 rounded-md border p-3 text-sm"
          >
            {saved.length === 0 && <p className="text-muted">{said.savedNone}</p>}
            <ul>
              {saved.map((one) => (
                <li key={one.name} className="flex items-center gap-1">
                  <button
                    type="button"
                    className="hover:bg-hover min-h-8 min-w-0 flex-1 truncate rounded-sm px-2 text-left max-sm:min-h-10"
                    onClick={() => {
                      setOpen(false);
                      onOpen(one.search);
                    }}
                  >
                    {one.name}
                  </button>
                  <Button
                    kind="quiet"
                    small
                    aria-label={said.forget(one.name)}
                    pending={write.isPending}
                    onClick={() => write.mutate(withoutSearch(saved, one.name))}
                  >
                    <Icon name="close" />
                  </Button>
                </li>
              ))}
            </ul>
            <form onSubmit={save} className="border-line space-y-2 border-t pt-3">
              <TextField
                label={said.saveAs}
                value={name}
                maxLength={60}
                disabled={empty}
                hint={empty ? said.nothingToSave : undefined}
                onChange={({ target }) => setName(target.value)}
              />
              <Button type="submit" small disabled={empty || name.trim() === ""} pending={write.isPending}>
                {said.save}
              </Button>
            </form>
            {write.error !== null && <ErrorNotice error={write.error} />}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
