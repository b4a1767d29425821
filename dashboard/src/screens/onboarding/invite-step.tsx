import type { OnboardingView } from "@gantry/sdk/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { TextField } from "../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";
import { isLoopback } from "./twin.ts";

const local = isLoopback(location.hostname);

/** An invitation of somebody who can approve, whose link is shown where no mail server passes it on. */
export function InviteStep({ done, invitation }: { done: boolean; invitation: OnboardingView["invitation"] }) {
  const said = useTexts(texts).approver;
  const client = useClient();
  const queries = useQueryClient();
  // To try it out on one machine nobody needs a mailbox.
  const [email, setEmail] = useState(local ? "approver@example.com" : "");
  const may = useMay("admin");
  const onSuccess = () => queries.invalidateQueries({ queryKey: [...keys.runs, "onboarding"] });
  const invite = useMutation({
    mutationFn: () => client.invitations.create({ email, roles: ["approver"], groups: ["approvers"] }),
    onSuccess,
  });
  const renew = useMutation({ mutationFn: (id: string) => client.invitations.resend(id), onSuccess });
  if (done) return <p>{said.done}</p>;
  if (!may) return <p>{said.ask}</p>;
  const sent = renew.data ?? invite.data;
  const error = renew.error ?? invite.error;
  return (
    <>
      <p>{said.why}</p>
      {error !== null && <ErrorNotice error={error} />}
      {typeof sent?.link === "string" && (
        <>
          <Command label={said.link}>{sent.link}</Command>
          <p>{local ? said.openLocal : said.openAnywhere}</p>
        </>
      )}
      {sent?.link === null && <Notice tone="good">{said.sent(sent.email ?? "")}</Notice>}
      {sent === undefined && invitation !== null && (
        <div className="flex flex-wrap items-center gap-3">
          <p>{said.waits(invitation.email ?? "")}</p>
          <Button pending={renew.isPending} onClick={() => renew.mutate(invitation.id)}>
            {said.again}
          </Button>
        </div>
      )}
      {sent === undefined && invitation === null && (
        <form
          className="max-w-md space-y-2"
          onSubmit={(event) => {
            event.preventDefault();
            invite.mutate();
          }}
        >
          <TextField
            label={said.email}
            hint={said.emailHint}
            type="email"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <Button type="submit" kind="primary" pending={invite.isPending}>
            {said.invite}
          </Button>
        </form>
      )}
    </>
  );
}
