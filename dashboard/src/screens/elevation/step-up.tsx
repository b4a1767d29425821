import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answerQuestion } from "../../data/passkey.ts";
import { keys, useClient, useMay, useMe } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { codeOf, isCode } from "../../ui/code-field.tsx";
import { Twin } from "../../ui/command.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FactorButtons, FactorFailure, FactorFields } from "../../ui/second-factor.tsx";
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
  return (
    <Dialog
      open
      onClose={onClose}
      title={said.title}
      footer={
        factors && (
          <FactorButtons
            factors={factors}
            form="step-up"
            said={said}
            pending={begin.isPending}
            disabled={!isCode(code)}
            onPasskey={() => begin.mutate("passkey")}
          />
        )
      }
    >
      <form
        id="step-up"
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (isCode(code) && !begin.isPending) begin.mutate({ totp: codeOf(code) });
        }}
      >
        <p>{said.says}</p>
        {factors && <FactorFields factors={factors} said={said} code={code} onCode={setCode} />}
        {begin.isError && <FactorFailure error={begin.error} />}
        <Twin>gantry session elevate</Twin>
      </form>
    </Dialog>
  );
}
