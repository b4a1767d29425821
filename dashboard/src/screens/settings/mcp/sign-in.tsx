import type { McpServerView } from "@gantry/sdk/api";
import { useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Command } from "../../../ui/command.tsx";
import { visible } from "../../../ui/diff/visible.ts";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { texts } from "./texts.ts";

/** Whether it is a server that a person signs in to, or one that wants it. */
export function wantsPerson({ url, oauth, secrets, problem }: McpServerView): boolean {
  if (url === null || oauth?.by === "program") return false;
  return oauth !== null || (Object.keys(secrets).length === 0 && problem?.code === "mcp_refused");
}

/** Whether plans can't use it before somebody signs in. */
export function lacksPerson({ oauth, signIn }: McpServerView): boolean {
  return oauth?.by === "person" && (signIn === null || signIn.by === null || signIn.problem === "ended");
}

/** Who signed in for the organization, and the way to the server's own sign-in. */
export function SignIn({ server }: { server: McpServerView }) {
  const said = useTexts(texts);
  const client = useClient();
  const may = useMay("secrets");
  const { name, signIn } = server;
  const begin = useChange(
    () => client.mcpServers.signIn(name),
    ({ address }) => location.assign(address),
  );
  const signedIn = signIn !== null && signIn.by !== null;
  return (
    <section className="border-line space-y-2 rounded-md border p-3" aria-label={said.signIn}>
      {signedIn && (
        <p className="text-sm">
          {said.signedIn(visible(signIn.by ?? ""))} {signIn.at !== null && <Time at={signIn.at} />}
        </p>
      )}
      {signIn !== null && signIn.problem !== null && (
        <Notice tone="warn">{said.signInProblems[signIn.problem](visible(signIn.lacks ?? ""))}</Notice>
      )}
      <p className="text-muted text-xs">{said.signInHint}</p>
      {may && (
        <div className="flex flex-wrap gap-2">
          <Button kind={signedIn ? "plain" : "primary"} pending={begin.pending} onClick={() => begin.run()}>
            {signedIn ? said.signInAgain : said.signIn}
          </Button>
          {signIn !== null && (
            <ConfirmButton
              label={said.signOut}
              title={said.signOutQuestion(name)}
              command={commandLine(["mcp", "logout", name])}
              work={() => client.mcpServers.signOut(name)}
            >
              {said.signOutText}
            </ConfirmButton>
          )}
        </div>
      )}
      {begin.error !== null && <ErrorNotice error={begin.error} />}
      <Command>{commandLine(["mcp", "login", name])}</Command>
    </section>
  );
}
