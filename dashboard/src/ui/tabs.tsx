import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

export interface Tab {
  value: string;
  label: string;
  /** Shown small behind the label. */
  count?: number;
  content: ReactNode;
}

/** Parts of a screen of which one is seen. Which one belongs into the address, so `value` comes from there. */
export function Tabs({
  value,
  onChange,
  tabs,
  label,
}: {
  value: string;
  onChange(value: string): void;
  tabs: readonly Tab[];
  label: string;
}) {
  return (
    <Base.Root value={value} onValueChange={(next) => onChange(String(next))}>
      <Base.List aria-label={label} className="border-line flex gap-1 overflow-x-auto border-b">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.value}
            value={tab.value}
            className="text-muted data-[active]:border-accent data-[active]:text-text hover:text-text -mb-px min-h-9 border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap"
          >
            {tab.label}
            {tab.count !== undefined && <span className="text-muted ml-1.5 text-xs">{tab.count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className="pt-3">
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
