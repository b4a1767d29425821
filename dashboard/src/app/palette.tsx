import { Command } from "cmdk";
import { Dialog as Base } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys, useClient } from "../data/queries.ts";
import { Icon } from "../ui/icon.tsx";
import { RunState } from "../ui/run-state.tsx";
import { useTexts } from "../ui/texts.ts";
import { navigation } from "./navigation.ts";
import { setTheme } from "./theme.ts";

const item = "flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm data-[selected=true]:bg-hover";
const group =
  "[&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs";

/** Everything by keyboard: places, the newest runs, and what can be done from anywhere. */
export function Palette({ onClose }: { onClose(): void }) {
  const client = useClient();
  const said = useTexts(texts);
  const places = useTexts(navigation);
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const runs = useQuery({ queryKey: [...keys.runs, "palette"], queryFn: () => client.runs.list({ limit: 20 }) });
  const go = (to: string): void => {
    onClose();
    void navigate({ to });
  };
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-[rgb(0_0_0/45%)]" />
        <Base.Popup
          aria-label={said.label}
          className="bg-raised border-line shadow-raised fixed top-[12dvh] left-1/2 z-50 w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border"
        >
          <Command label={said.label} loop>
            <Command.Input
              value={typed}
              onValueChange={setTyped}
              placeholder={said.placeholder}
              className="border-line bg-raised placeholder:text-muted w-full border-b px-4 py-3 text-base outline-none"
            />
            <Command.List className="max-h-[50dvh] overflow-y-auto p-1.5">
              <Command.Empty className="text-muted px-2.5 py-4 text-sm">{said.nothing}</Command.Empty>
              <Command.Group heading={said.places} className={group}>
                {places.map(({ to, label, icon }) => (
                  <Command.Item key={to} value={`go ${label}`} onSelect={() => go(to)} className={item}>
                    <Icon name={icon} />
                    {label}
                  </Command.Item>
                ))}
              </Command.Group>
              <Command.Group heading={said.runs} className={group}>
                {runs.data?.items.map((run) => (
                  <Command.Item
                    key={run.id}
                    value={`${run.id} ${run.goal} ${run.environment}`}
                    onSelect={() => go(`/runs/${run.id}`)}
                    className={item}
                  >
                    <span className="min-w-0 flex-1 truncate">{run.goal}</span>
                    <span className="text-muted text-xs">{run.environment}</span>
                    <RunState status={run.status} />
                  </Command.Item>
                ))}
              </Command.Group>
              <Command.Group heading={said.actions} className={group}>
                {(["light", "dark", "system"] as const).map((theme) => (
                  <Command.Item
                    key={theme}
                    value={said.themes[theme]}
                    onSelect={() => {
                      setTheme(theme);
                      onClose();
                    }}
                    className={item}
                  >
                    <Icon name="settings" />
                    {said.themes[theme]}
                  </Command.Item>
                ))}
              </Command.Group>
            </Command.List>
          </Command>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

const texts = {
  en: {
    label: "Search and commands",
    placeholder: "Where to, or what to do?",
    nothing: "Nothing fits.",
    places: "Go to",
    runs: "Newest runs",
    actions: "Actions",
    themes: { light: "Light appearance", dark: "Dark appearance", system: "Appearance of the system" },
  },
};
