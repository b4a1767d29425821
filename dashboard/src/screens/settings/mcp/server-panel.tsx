import type { McpServerView } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { keys, useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Command } from "../../../ui/command.tsx";
import { visible } from "../../../ui/diff/visible.ts";
import { Loading } from "../../../ui/loading.tsx";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { SignIn, wantsPerson } from "./sign-in.tsx";
import { texts } from "./texts.ts";
import { ToolItem } from "./tool-item.tsx";

/** One server: where it is, what it has, and what of it may be used. */
export function ServerPanel({ server, onClose }: { server: McpServerView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const admin = useMay("admin");
  const { name, url, command, args, env, secrets, oauth, network, says, protocol, actor, lookedAt, problem } = server;
  return (
    <SidePanel title={name} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            url === null ? [said.program, [command ?? "", ...args].join(" ")] : [said.address, url],
            ...(url === null
              ? [
                  [said.variables, listOf(env) || said.none] as const,
                  [said.network, network ? said.allowed : said.none] as const,
                ]
              : []),
            [said.secrets, listOf(secrets) || said.none],
            ...(oauth?.by === "program"
              ? [[said.signsIn, said.signsInAt(oauth.issuer ?? "", oauth.client ?? "")] as const]
              : []),
            ...(says === null ? [] : [[said.says, visible(`${says.name} ${says.version}`)] as const]),
            ...(protocol === null ? [] : [[said.revision, protocol] as const]),
            [said.by, actor],
            [said.lookedAt, lookedAt === null ? said.never : <Time key="at" at={lookedAt} />],
          ]}
        />
        {problem !== null && (
          <Notice tone="bad">
            {problem.message}{" "}
            <a href={`/errors/${problem.code}`} className="font-mono text-xs underline">
              {problem.code}
            </a>
          </Notice>
        )}
        {admin && wantsPerson(server) && <SignIn server={server} />}
        {admin && <Look server={name} />}
        <Tools server={name} admin={admin} />
      </PanelBody>
      {admin && (
        <PanelFoot>
          <ConfirmButton
            label={said.remove}
            title={said.removeQuestion(name)}
            command={commandLine(["mcp", "remove", name])}
            work={() => client.mcpServers.remove(name)}
            done={onClose}
          >
            {said.removeText}
          </ConfirmButton>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function Look({ server }: { server: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const look = useChange(() => client.mcpServers.test(server));
  return (
    <section className="border-line space-y-2 rounded-md border p-3" aria-label={said.look}>
      <Button pending={look.pending} onClick={() => look.run()}>
        {look.pending ? said.looking : said.look}
      </Button>
      {look.error !== null && <ErrorNotice error={look.error} />}
      <Command>{commandLine(["mcp", "test", server])}</Command>
    </section>
  );
}

function Tools({ server, admin }: { server: string; admin: boolean }) {
  const said = useTexts(texts);
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: [...keys.settings, "mcp tools", server],
    queryFn: () => client.mcpServers.tools(server),
  });
  return (
    <section className="space-y-2">
      <h3 className="text-sm font-semibold">{said.tools}</h3>
      {error !== null && <ErrorNotice error={error} />}
      {data === undefined ? (
        error === null && <Loading what={said.tools} />
      ) : data.items.length === 0 ? (
        <p className="text-muted text-sm">{said.noTools}</p>
      ) : (
        <ul className="space-y-2">
          {data.items.map((tool) => (
            <li key={tool.tool}>
              <ToolItem key={tool.digest} server={server} tool={tool} admin={admin} />
            </li>
          ))}
        </ul>
      )}
      <Command>{commandLine(["mcp", "tools", server])}</Command>
    </section>
  );
}

function listOf(record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
