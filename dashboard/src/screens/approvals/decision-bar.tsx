import type { Digest } from "@gantry/sdk";
import type { ChangeSetView, RunApproval, RunDetail } from "@gantry/sdk/api";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { ApproveDialog } from "./approve-dialog.tsx";
import { RejectDialog } from "./reject-dialog.tsx";
import { texts } from "./texts.ts";

/** What the person can do now, within reach of a thumb; or why they can't. */
export function DecisionBar({
  detail,
  looked,
  newest,
  approval,
}: {
  detail: RunDetail;
  /** What the person has before their eyes: nothing else is approved. */
  looked: ChangeSetView;
  newest: ChangeSetView;
  approval: RunApproval;
}) {
  const said = useTexts(texts);
  const [asking, setAsking] = useState<{ to: "approve" | "reject"; hash: Digest } | null>(null);
  const [answered, setAnswered] = useState<"done" | "accepted" | null>(null);
  const close = (): void => setAsking(null);
  const stale = looked.hash !== newest.hash;
  const ask = (to: "approve" | "reject"): void => setAsking({ to, hash: newest.hash });
  // A question about what is gone by now goes, too.
  const asked = asking?.hash === newest.hash ? asking.to : null;
  const { refusal } = approval;
  return (
    <div className="border-line bg-surface sticky bottom-[calc(4rem+env(safe-area-inset-bottom))] z-20 space-y-2 rounded-lg border p-3 lg:bottom-3">
      {answered !== null && <Notice tone="good">{answered === "done" ? said.stored : said.accepted}</Notice>}
      {refusal !== null && <p className="text-muted text-sm">{refusal.message}</p>}
      <div className="flex gap-2">
        {refusal === null && (
          <Button
            kind="primary"
            className="max-sm:flex-1"
            disabled={stale}
            aria-describedby={stale ? "stale-hint" : undefined}
            onClick={() => ask("approve")}
          >
            {said.approve}
          </Button>
        )}
        {approval.mayReject && (
          <Button className="max-sm:flex-1" onClick={() => ask("reject")}>
            {said.reject}
          </Button>
        )}
      </div>
      {stale && (
        <p id="stale-hint" className="text-muted text-xs">
          {said.staleHint}
        </p>
      )}
      <ApproveDialog
        open={asked === "approve"}
        onClose={close}
        onDone={({ status }) => {
          setAnswered(status);
          close();
        }}
        detail={detail}
        hash={looked.hash}
        approval={approval}
      />
      <RejectDialog open={asked === "reject"} onClose={close} detail={detail} hash={newest.hash} />
    </div>
  );
}
