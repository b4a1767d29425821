import { Popover } from "@base-ui/react/popover";
import type { ReactNode } from "react";
import { buttonLook } from "../button.tsx";
import { classNames } from "../class-names.ts";
import { Icon } from "../icon.tsx";
import { useTexts } from "../texts.ts";

/** A button that says what is chosen, and opens where it is chosen. */
export function Facet({
  label,
  chosen,
  onClear,
  children,
}: {
  label: string;
  /** In words; null: nothing, so everything is shown. */
  chosen: string | null;
  onClear(): void;
  children: ReactNode;
}) {
  const said = useTexts(texts);
  return (
    <Popover.Root>
      <div className="flex max-w-full">
        <Popover.Trigger
          className={classNames(
            buttonLook(),
            "min-w-0 px-2 font-normal",
            chosen !== null && "bg-info-soft text-info border-info rounded-r-none",
          )}
        >
          <span className={chosen === null ? "" : "text-xs"}>
            {label}
            {chosen !== null && ":"}
          </span>
          {chosen !== null && <span className="max-w-56 truncate font-medium">{chosen}</span>}
          {chosen === null && <Icon name="down" />}
        </Popover.Trigger>
        {chosen !== null && (
          <button
            type="button"
            aria-label={said.clear(label)}
            onClick={onClear}
            className={classNames(buttonLook(), "bg-info-soft text-info border-info rounded-l-none border-l-0 px-1.5")}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="start" className="z-40">
          <Popover.Popup
            aria-label={label}
            className="bg-raised border-line shadow-raised max-h-[min(26rem,70dvh)] w-72 max-w-[calc(100vw-1.5rem)] overflow-y-auto rounded-md border p-2 text-sm"
          >
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

const texts = { en: { clear: (label: string) => `Any ${label.toLowerCase()}` } };
