import type { RunArtifact } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../../data/queries.ts";
import { bytesOf } from "../../../ui/bytes-of.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { Loading } from "../../../ui/loading.tsx";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { OutputLine } from "../../../ui/output-line.tsx";
import { seenText } from "../../../ui/output.ts";
import { useTexts } from "../../../ui/texts.ts";
import { texts } from "./texts.ts";

/** More than anybody reads here; the rest is in the download. */
const shownBytes = 128 * 1024;

/** What a file holds, as inert text. */
export function ArtifactDialog({ run, item, onClose }: { run: string; item: RunArtifact; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: ["artifact", run, item.digest],
    queryFn: async () => textOf(await readStart(await client.runs.artifact(run, item.digest))),
    staleTime: Infinity,
    throwOnError: false,
  });
  return (
    <Dialog open wide onClose={onClose} title={seenText(item.name.slice(0, 300))}>
      <div className="space-y-3">
        {error !== null && <ErrorNotice error={error} />}
        {data === undefined && error === null && <Loading />}
        {data?.text === null && <p>{said.noText}</p>}
        {typeof data?.text === "string" && (
          <>
            {item.bytes > shownBytes && <Notice tone="info">{said.beginning(bytesOf(shownBytes))}</Notice>}
            <pre
              tabIndex={0}
              role="region"
              aria-label={said.content}
              className="bg-sunken max-h-[60dvh] overflow-auto rounded-md p-2 font-mono text-xs"
            >
              {data.text.split("\n").map((line, index) => (
                // Lines have no other name than their place.
                <span key={index}>
                  <OutputLine line={line} />
                  {"\n"}
                </span>
              ))}
            </pre>
          </>
        )}
      </div>
    </Dialog>
  );
}

async function readStart(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const start = new Uint8Array(shownBytes);
  let length = 0;
  while (length < shownBytes) {
    const { value } = await reader.read();
    if (value === undefined) break;
    const part = value.subarray(0, shownBytes - length);
    start.set(part, length);
    length += part.length;
  }
  await reader.cancel();
  return start.subarray(0, length);
}

/** Null for what isn't UTF-8 or has NUL in it. Where the beginning ends within a character, that one is left out. */
function textOf(bytes: Uint8Array): { text: string | null } {
  if (bytes.includes(0)) return { text: null };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true }) };
  } catch {
    return { text: null };
  }
}
