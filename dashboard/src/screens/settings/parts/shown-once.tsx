import { CopyButton } from "../../../ui/command.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Notice } from "../../../ui/notice.tsx";

/** A value that the API says once and never again: to be copied before this is closed. */
export function ShownOnce({
  title,
  warning,
  value,
  onClose,
}: {
  title: string;
  warning: string;
  value: string | null;
  onClose(): void;
}) {
  return (
    <Dialog open={value !== null} onClose={onClose} title={title}>
      <div className="space-y-3">
        <Notice tone="warn">{warning}</Notice>
        <div className="border-line bg-sunken flex items-center gap-2 rounded-md border p-2">
          <output aria-label={title} className="min-w-0 flex-1 font-mono text-xs break-all select-all">
            {value}
          </output>
          <CopyButton text={value ?? ""} />
        </div>
      </div>
    </Dialog>
  );
}
