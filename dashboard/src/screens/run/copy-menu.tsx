import type { RunDetail } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../data/queries.ts";
import { copyText } from "../../ui/clipboard.ts";
import { Menu } from "../../ui/menu.tsx";
import { useTexts } from "../../ui/texts.ts";
import { hasFailed } from "./actions-of.ts";
import { incidentMarkdown } from "./incident.ts";
import { texts } from "./texts.ts";

/** The run for somewhere else: a chat, a terminal, a ticket. */
export function CopyMenu({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const client = useClient();
  const [copied, setCopied] = useState<boolean | null>(null);
  const copy = async (text: string): Promise<void> => {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(null), 2_000);
  };
  const address = `${location.origin}/runs/${run.id}`;
  const incident = async (): Promise<string> => {
    const { failure } = hasFailed(run) ? await client.runs.failure(run.id) : { failure: null };
    return incidentMarkdown(run, failure, address);
  };
  return (
    <Menu
      label={said.copy}
      items={[
        { label: said.copyLink, onSelect: () => void copy(location.href) },
        { label: said.copyCli, onSelect: () => void copy(`npx gantry runs show ${run.id}`) },
        {
          label: said.copyCurl,
          onSelect: () =>
            void copy(`curl -H "Authorization: Bearer $GANTRY_KEY" '${location.origin}${run.links["self"] ?? ""}'`),
        },
        { label: said.copyMarkdown, onSelect: () => void incident().then(copy, () => setCopied(false)) },
      ]}
    >
      <span role="status" className="text-muted text-xs empty:hidden">
        {copied === null ? "" : copied ? said.copied : said.notCopied}
      </span>
    </Menu>
  );
}
