import type { Digest } from "@gantry/sdk";
import type { CommandAnswer, RunApproval, RunDetail } from "@gantry/sdk/api";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea, TextField } from "../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
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
  const byCode = (): void => send(needsProof ? { kind: "totp", code: code.trim() } : { kind: "none" });
  const hasCode = !needsProof || /^\d{6}$/.test(code.replaceAll(" ", ""));
  const elsewhere = approve.error instanceof PasskeyElsewhere ? approve.error : null;
  const none = needsProof && !factors.totp && factors.passkeys === 0;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={said.approveTitle(detail.environment)}
      footer={
        <>
          {needsProof && factors.passkeys > 0 && elsewhere === null && (
            <Button
              kind={factors.totp ? "plain" : "primary"}
              pending={approve.isPending}
              onClick={() => send({ kind: "passkey" })}
            >
              {said.withPasskey}
            </Button>
          )}
          {elsewhere !== null && (
            <Button
              kind="primary"
              pending={approve.isPending}
              onClick={() => send({ kind: "proof", id: elsewhere.proof })}
            >
              {said.confirmed}
            </Button>
          )}
          {(!needsProof || factors.totp) && (
            <Button kind="primary" type="submit" form="approve" pending={approve.isPending} disabled={!hasCode}>
              {needsProof ? said.withCode : said.approve}
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
          if (hasCode && !none && !approve.isPending) byCode();
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
        {needsProof && factors.totp && (
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
        {needsProof && !factors.totp && factors.passkeys > 0 && <p className="text-muted">{said.passkeyHint}</p>}
        {none && (
          <Notice tone="warn">
            {said.noFactor}{" "}
            <a href="/account" className="underline">
              {said.toAccount}
            </a>
          </Notice>
        )}
        {elsewhere !== null && (
          <Notice tone="info">
            {said.elsewhere}{" "}
            <a href={elsewhere.link} target="_blank" rel="noreferrer" className="underline">
              {said.openElsewhere}
            </a>
          </Notice>
        )}
        {approve.isError && elsewhere === null && <Failure error={approve.error} />}
      </form>
    </Dialog>
  );
}

function Failure({ error }: { error: unknown }) {
  const said = useTexts(texts);
  if (error instanceof DOMException && error.name === "NotAllowedError")
    return <Notice tone="bad">{said.passkeyCanceled}</Notice>;
  return <ErrorNotice error={error} />;
}
