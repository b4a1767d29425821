import { useMutation } from "@tanstack/react-query";
import { Button } from "./button.tsx";
import { ErrorNotice } from "./notice.tsx";
import { saveFile } from "./save-file.ts";

/** Keeps a file; what went wrong stands beside it. */
export function DownloadButton({
  name,
  read,
  children,
  label,
}: {
  name: string;
  read(): Promise<ReadableStream<Uint8Array>>;
  children: string;
  /** Where `children` alone doesn't say what it is. */
  label?: string;
}) {
  const save = useMutation({ mutationFn: async () => saveFile(name, await read()) });
  return (
    <>
      <Button small aria-label={label} pending={save.isPending} onClick={() => save.mutate()}>
        {children}
      </Button>
      {save.error !== null && <ErrorNotice error={save.error} />}
    </>
  );
}
