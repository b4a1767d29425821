import type { ChangeSetView } from "@gantry/sdk/api";
import { useState } from "react";
import { useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { TextArea } from "../../ui/field.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { useComment } from "./data.ts";
import { texts } from "./texts.ts";

/** What people said about it, and a place to say more: whoever may run or approve has a say. */
export function Comments({ run, view }: { run: string; view: ChangeSetView }) {
  const said = useTexts(texts);
  const [text, setText] = useState("");
  const comment = useComment(run);
  const mayRun = useMay("run");
  const mayApprove = useMay("approve");
  return (
    <div className="space-y-3 text-sm">
      {view.comments.length === 0 && <p className="text-muted">{said.noComments}</p>}
      <ul className="space-y-2">
        {view.comments.map(({ actor, text: body, at }) => (
          <li key={`${actor.id} ${at}`}>
            <p className="text-muted text-xs">
              {actor.name} · <Time at={at} />
            </p>
            <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{body}</p>
          </li>
        ))}
      </ul>
      {(mayRun || mayApprove) && (
        <form
          className="space-y-2"
          onSubmit={(event) => {
            event.preventDefault();
            comment.mutate({ hash: view.hash, text }, { onSuccess: () => setText("") });
          }}
        >
          <TextArea
            label={said.comment}
            hint={said.commentHint}
            maxLength={4_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Button type="submit" small pending={comment.isPending} disabled={text.trim() === ""}>
            {said.say}
          </Button>
          {comment.isError && <ErrorNotice error={comment.error} />}
        </form>
      )}
    </div>
  );
}
