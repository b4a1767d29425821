import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RunArtifact } from "@gantry/sdk/api";
import { keys, useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { CopyButton } from "../../../ui/command.tsx";
import { DownloadButton } from "../../../ui/download-button.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { Loading } from "../../../ui/loading.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { seenText } from "../../../ui/output.ts";
import { OutputLine } from "../../../ui/output-line.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { bytesOf } from "../../../ui/bytes-of.ts";
import { ArtifactDialog } from "./artifact-dialog.tsx";
import { texts } from "./texts.ts";

/** Files that the run's steps kept. Their names are a tool's words: they are shown as text and cleaned for the disk. */
export function RunArtifacts({ run }: { run: string }) {
  const said = useTexts(texts);
  const [shown, setShown] = useState<RunArtifact | null>(null);
  const client = useClient();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...keys.run(run), "artifacts"],
    queryFn: ({ pageParam }) => client.runs.artifacts(run, { after: pageParam }),
    initialPageParam: 0,
    getNextPageParam: ({ more, after }) => (more ? after : undefined),
  });
  if (data === undefined) return error === null ? <Loading /> : <ErrorNotice error={error} />;
  const items = eachOnce(data.pages.flatMap((page) => page.items));
  if (items.length === 0) return <EmptyState title={said.none} command={`npx gantry runs artifacts ${run}`} />;
  return (
    <div className="flex flex-col gap-2">
      <ul aria-label={said.title} className="border-line bg-surface divide-line divide-y rounded-md border">
        {items.map((item) => (
          <li
            key={`${item.digest} ${item.name}`}
            className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2 text-sm"
          >
            <div className="min-w-0 flex-1 basis-56">
              <p className="font-medium [overflow-wrap:anywhere]">
                <OutputLine line={item.name.slice(0, 300)} />
              </p>
              <p className="text-muted text-xs [overflow-wrap:anywhere]">
                {bytesOf(item.bytes)} · <OutputLine line={item.contentType.slice(0, 100)} />
                {item.step !== null && (
                  <>
                    {" · "}
                    {said.step} <OutputLine line={item.step} />
                  </>
                )}
                {" · "}
                <Time at={item.at} seconds />
              </p>
            </div>
            <span className="text-muted flex items-center font-mono text-xs">
              {item.digest.slice(0, 19)}…
              <CopyButton text={item.digest} />
            </span>
            <div className="flex flex-wrap gap-2">
              <Button small aria-label={said.lookAt(seenText(item.name.slice(0, 300)))} onClick={() => setShown(item)}>
                {said.look}
              </Button>
              <DownloadButton
                name={fileName(item)}
                read={() => client.runs.artifact(run, item.digest)}
                label={said.downloadOf(seenText(item.name.slice(0, 300)))}
              >
                {said.download}
              </DownloadButton>
            </div>
          </li>
        ))}
      </ul>
      {shown !== null && <ArtifactDialog run={run} item={shown} onClose={() => setShown(null)} />}
      {hasNextPage && (
        <div>
          <Button small pending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {said.more}
          </Button>
        </div>
      )}
    </div>
  );
}

/** What goes from step to step is named by several events: it is listed once, where it came from. */
function eachOnce(items: readonly RunArtifact[]): RunArtifact[] {
  const first = new Map<string, RunArtifact>();
  for (const item of items) {
    const key = `${item.digest} ${item.name}`;
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}

/** A name that no disk takes for a path, and nobody for another ending. */
function fileName({ name, digest }: RunArtifact): string {
  const clean = seenText(name)
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, "_")
    .replace(/^\.+/, "")
    .slice(0, 120);
  return clean === "" ? digest.slice(7, 19) : clean;
}
