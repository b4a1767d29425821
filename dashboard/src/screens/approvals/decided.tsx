import type { ChangeSetView } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import { buttonLook } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

/** How it was decided, above everything else: whoever has just approved sees that on a phone, too. */
export function Decided({ run, newest: { status, ended } }: { run: string; newest: ChangeSetView }) {
  const said = useTexts(texts);
  if (status === "open") return null;
  const tone = status === "approved" || status === "previewed" ? "good" : status === "rejected" ? "bad" : "info";
  return (
    <Notice tone={tone}>
      <p>{said.decided[status]}</p>
      {ended !== null && ended.reason !== null && <p>{said.because(ended.actor.name, ended.reason)}</p>}
      {status === "approved" && (
        <Link to="/runs/$run" params={{ run }} className={`${buttonLook()} mt-2`}>
          {said.watch}
        </Link>
      )}
    </Notice>
  );
}
