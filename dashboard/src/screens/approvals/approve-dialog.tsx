import type { Digest } from "@gantry/sdk";
import type { CommandAnswer, RunApproval, RunDetail } from "@gantry/sdk/api";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { codeOf, isCode } from "../../ui/code-field.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { FactorButtons, FactorFailure, FactorFields } from "../../ui/second-factor.tsx";
import { useTexts } from "../../ui/texts.ts";
import { PasskeyElsewhere, useApprove, type Factor } from "./data.ts";
import { texts } from "./texts.ts";

/** Asks once more, with a comment and, where the environment wants one, a second factor given for this very change set. */
export function ApproveDialog({
  open,
  onClose,
  onDone,
  detail,
  hash,
  approval: { needsProof, factors },
}: {
  open: boolean;
  onClose(): void;
  onDone(answer: CommandAnswer): void;
  detail: RunDetail;
  hash: Digest;
  approval: RunApproval;
}) {
  const said = useTexts(texts);
  const [reason, setReason] = useState("");
  const [code, setCode] = useState("");
  const approve = useApprove(detail.id);
  const send = (factor: Factor): void =>
    approve.mutate(
      { hash, reason: reason.trim(), factor },
      {
        onSuccess: onDone,
        // A code is good for one try.
        onError: () => setCode(""),
      },
    );
  const ready = !needsProof || (factors.totp && isCode(code));
  const elsewhere = approve.error instanceof PasskeyElsewhere ? approve.error : null;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={said.approveTitle(detail.environment)}
      footer={
        <>
          {elsewhere !== null && (
            <Button
              kind="primary"
              pending={approve.isPending}
              onClick={() => send({ kind: "proof", id: elsewhere.proof })}
            >
              {said.confirmed}
            </Button>
          )}
          {needsProof ? (
            <FactorButtons
              factors={elsewhere === null ? factors : { ...factors, passkeys: 0 }}
              form="approve"
              said={said}
              pending={approve.isPending}
              disabled={!ready}
              onPasskey={() => send({ kind: "passkey" })}
            />
          ) : (
            <Button kind="primary" type="submit" form="approve" pending={approve.isPending}>
              {said.approve}
            </Button>
          )}
        </>
      }
    >
      <form
        id="approve"
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !approve.isPending) send(needsProof ? { kind: "totp", code: codeOf(code) } : { kind: "none" });
        }}
      >
        <p className="[overflow-wrap:anywhere]">{detail.goal}</p>
        <TextArea
          label={said.optionalComment}
          maxLength={1_000}
          rows={2}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {needsProof && <FactorFields factors={factors} said={said} code={code} onCode={setCode} />}
        {needsProof && !factors.totp && factors.passkeys > 0 && <p className="text-muted">{said.passkeyHint}</p>}
        {elsewhere !== null && (
          <Notice tone="info">
            {said.elsewhere}{" "}
            <a href={elsewhere.link} target="_blank" rel="noreferrer" className="underline">
              {said.openElsewhere}
            </a>
          </Notice>
        )}
        {approve.isError && elsewhere === null && <FactorFailure error={approve.error} />}
      </form>
    </Dialog>
  );
}
