import type { Digest } from "@gantry/sdk";
import type { RunDetail } from "@gantry/sdk/api";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { useReject } from "./data.ts";
import { texts } from "./texts.ts";

/** A change that is rejected ends its run, so why is part of it. */
export function RejectDialog({
  open,
  onClose,
  detail,
  hash,
}: {
  open: boolean;
  onClose(): void;
  detail: RunDetail;
  hash: Digest;
}) {
  const said = useTexts(texts);
  const [reason, setReason] = useState("");
  const reject = useReject(detail.id);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={said.rejectTitle(detail.environment)}
      footer={
        <Button kind="danger" type="submit" form="reject" pending={reject.isPending} disabled={reason.trim() === ""}>
          {said.reject}
        </Button>
      }
    >
      <form
        id="reject"
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() !== "" && !reject.isPending)
            reject.mutate({ hash, reason: reason.trim() }, { onSuccess: onClose });
        }}
      >
        <p className="[overflow-wrap:anywhere]">{detail.goal}</p>
        <p className="text-muted">{said.rejectHint}</p>
        <TextArea
          label={said.rejectReason}
          required
          maxLength={1_000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {reject.isError && <ErrorNotice error={reject.error} />}
      </form>
    </Dialog>
  );
}
