import type { McpServerView } from "@gantry/sdk/api";
import { useMay } from "../../../data/queries.ts";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { ListSection } from "../parts/list-section.tsx";
import { useList } from "../parts/use-list.ts";
import { ServerForm } from "./server-form.tsx";
import { ServerPanel } from "./server-panel.tsx";
import { lacksPerson } from "./sign-in.tsx";
import { texts } from "./texts.ts";

/** Servers of the Model Context Protocol, and what a person approved of them. */
export function McpSection() {
  const said = useTexts(texts);
  const servers = useList("mcp servers", (client) => client.mcpServers.list());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  const shown = servers.find(({ name }) => name === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      // No server is named so: names begin with a letter.
      add={admin && { label: said.add, onPress: () => open("+") }}
      label={said.label}
      rows={servers}
      idOf={({ name }) => name}
      nameOf={({ name }) => name}
      searched={({ name, url, command }) => [name, url, command].join(" ")}
      columns={[
        { title: said.state, cell: (one) => <ServerState of={one} /> },
        { title: said.tools, cell: ({ tools }) => said.counts(tools.approved, tools.waiting) },
        {
          title: said.address,
          cell: ({ url, command, args }) => (
            <code className="font-mono text-xs">{url ?? [command ?? "", ...args].join(" ").slice(0, 200)}</code>
          ),
          phone: false,
        },
      ]}
      empty={{
        title: said.empty,
        command: commandLine(["mcp", "add", "tracker"], {
          address: "https://tracker.example.com/mcp",
          secret: "bearer=tracker-token",
        }),
      }}
      command={commandLine(["mcp", "list"])}
    >
      {admin && show === "+" && <ServerForm onClose={close} onAdded={open} />}
      {shown !== undefined && <ServerPanel key={show} server={shown} onClose={close} />}
    </ListSection>
  );
}

function ServerState({ of }: { of: McpServerView }) {
  const said = useTexts(texts);
  const { problem, lookedAt, tools } = of;
  if (lacksPerson(of)) return <StateMark tone="attention" shape="diamond" word={said.signInState} />;
  if (problem !== null) return <StateMark tone="bad" shape="cross" word={said.failed} />;
  if (lookedAt === null) return <StateMark tone="idle" shape="question" word={said.unseen} />;
  return tools.approved > 0 ? (
    <StateMark tone="good" shape="check" word={said.states.approved} />
  ) : (
    <StateMark tone="attention" shape="diamond" word={said.states.new} />
  );
}
