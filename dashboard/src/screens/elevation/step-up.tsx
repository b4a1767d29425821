import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answerQuestion } from "../../data/passkey.ts";
import { keys, useClient, useMay, useMe } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Twin } from "../../ui/command.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

/**
 * What only somebody who acts for the installation may see or do. Whoever could, and doesn't now, sees `before` with a button for it;
 * nobody else sees anything.
 */
export function ForInstallation({ before, children }: { before?: ReactNode; children: ReactNode }) {
  const { administers } = useMe().installation;
  if (useMay("admin:everywhere")) return children;
  if (!administers) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
      {before !== undefined && <p className="text-muted min-w-48 flex-1">{before}</p>}
      <StepUp />
    </div>
  );
}

/** A second factor, asked for just this. */
function StepUp() {
  const said = useTexts(texts);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{said.act}</Button>
      {open && <StepUpDialog onClose={() => setOpen(false)} />}
    </>
  );
}

type Factor = { totp: string } | "passkey";

function StepUpDialog({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const [code, setCode] = useState("");
  const { data } = useQuery({
    queryKey: [...keys.me, "elevation"],
    queryFn: () => client.elevation.get(),
    staleTime: 0,
  });
  const begin = useMutation({
    mutationFn: async (factor: Factor) => {
      if (factor !== "passkey") return client.elevation.begin(factor);
      return client.elevation.begin({ assertion: await answerQuestion(await client.elevation.ask()) });
    },
    onSuccess: async () => {
      // What was hidden is there now, on whichever screen.
      await queries.invalidateQueries();
      onClose();
    },
    onError: () => setCode(""),
  });
  const factors = data?.factors;
  const digits = code.replaceAll(" ", "");
  const hasCode = /^\d{6}$/.test(digits);
  return (
    <Dialog
      open
      onClose={onClose}
      title={said.title}
      footer={
        <>
          {factors !== undefined && factors.passkeys > 0 && (
            <Button
              kind={factors.totp ? "plain" : "primary"}
              pending={begin.isPending}
              onClick={() => begin.mutate("passkey")}
            >
              {said.withPasskey}
            </Button>
          )}
          {factors?.totp === true && (
            <Button kind="primary" type="submit" form="step-up" pending={begin.isPending} disabled={!hasCode}>
              {said.withCode}
            </Button>
          )}
        </>
      }
    >
      <form
        id="step-up"
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (hasCode && !begin.isPending) begin.mutate({ totp: digits });
        }}
      >
        <p>{said.says}</p>
        {factors?.totp === true && (
          <TextField
            label={said.code}
            hint={said.codeHint}
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={7}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
        {factors !== undefined && !factors.totp && factors.passkeys === 0 && (
          <Notice tone="warn">
            {said.noFactor}{" "}
            <a href="/account" className="underline">
              {said.toAccount}
            </a>
          </Notice>
        )}
        {begin.isError && <Failure error={begin.error} />}
        <Twin>gantry session elevate</Twin>
      </form>
    </Dialog>
  );
}

function Failure({ error }: { error: unknown }) {
  const said = useTexts(texts);
  if (error instanceof DOMException && error.name === "NotAllowedError")
    return <Notice tone="bad">{said.canceled}</Notice>;
  return <ErrorNotice error={error} />;
}
