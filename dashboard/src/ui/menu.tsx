import { Menu as Base } from "@base-ui/react/menu";
import type { ReactNode } from "react";
import { buttonLook, type ButtonKind } from "./button.tsx";
import { Icon } from "./icon.tsx";

interface MenuItem {
  label: string;
  onSelect(): void;
}

/** A button that opens a list of things to do. */
export function Menu({
  label,
  items,
  kind = "plain",
  children,
}: {
  label: string;
  items: readonly MenuItem[];
  kind?: ButtonKind;
  /** Told beside the list, for instance what came of the last one. */
  children?: ReactNode;
}) {
  return (
    <Base.Root>
      <Base.Trigger className={buttonLook(kind)}>
        {label}
        <Icon name="down" />
      </Base.Trigger>
      {children}
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" className="z-50">
          <Base.Popup className="bg-raised border-line shadow-raised min-w-48 rounded-md border p-1">
            {items.map((item) => (
              <Base.Item
                key={item.label}
                onClick={item.onSelect}
                className="data-[highlighted]:bg-hover flex min-h-9 cursor-pointer items-center rounded-sm px-2 text-sm outline-none"
              >
                {item.label}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
