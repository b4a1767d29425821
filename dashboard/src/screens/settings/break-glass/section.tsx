import type { BreakGlassRole, BreakGlassView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMay, useMe } from "../../../data/queries.ts";
import { CodeField, codeOf } from "../../../ui/code-field.tsx";
import { SelectField, TextArea, TextField } from "../../../ui/field.tsx";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { PlaceField, PlaceWord } from "../parts/place-field.tsx";
import { readPlace } from "../parts/place.ts";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** Who took a role in an emergency, and what somebody else said of it afterwards. */
export function BreakGlassSection() {
  const said = useTexts(texts);
  const all = useList("break-glass", (client) => client.breakGlass.list());
  const { show, open, close } = useShown();
  const may = useMay("run");
  const shown = all.find(({ id }) => id === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={may && { label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={all}
      idOf={({ id }) => id}
      nameOf={({ actor }) => actor.name}
      searched={({ actor, role, project, environment, reason }) =>
        [actor.name, role, project, environment, reason].join(" ")
      }
      columns={[
        { title: said.what, cell: ({ role }) => role, phone: false },
        { title: said.where, cell: (one) => <PlaceWord of={one} /> },
        { title: said.since, cell: ({ openedAt }) => <Time at={openedAt} />, phone: false },
        { title: said.state, cell: (one) => <State of={one} /> },
      ]}
      empty={{ title: said.empty }}
      command={commandLine(["break-glass", "list"])}
    >
      {may && show === "new" && <OpenPanel onClose={close} />}
      {shown !== undefined && <BreakGlassPanel key={shown.id} of={shown} onClose={close} />}
    </ListSection>
  );
}

function State({ of: { open, review } }: { of: BreakGlassView }) {
  const said = useTexts(texts);
  if (open) return <StateMark tone="attention" shape="play" word={said.open} />;
  if (review === null) return <StateMark tone="attention" shape="question" word={said.ended} />;
  return <StateMark tone="good" shape="check" word={said.reviewed} />;
}

function OpenPanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [place, setPlace] = useState("default");
  const [role, setRole] = useState<BreakGlassRole>("operator");
  const [minutes, setMinutes] = useState("60");
  const [reason, setReason] = useState("");
  const [code, setCode] = useState("");
  const { project = "default", environment } = readPlace(place);
  const totp = codeOf(code);
  const take = useChange(
    () =>
      client.breakGlass.open({
        project,
        ...(environment === undefined ? {} : { environment }),
        role,
        minutes: Number(minutes),
        reason,
        ...(totp === "" ? {} : { totp }),
      }),
    onClose,
  );
  const options = { project, e: environment, role, for: `${minutes}m`, reason: reason || "…" };
  return (
    <FormPanel
      title={said.add}
      submit={said.take}
      change={take}
      onSubmit={() => take.run()}
      onClose={onClose}
      command={commandLine(["break-glass", "open"], options)}
    >
      <p>{said.addSays}</p>
      <PlaceField label={said.where} all={false} value={place} onChange={setPlace} />
      <SelectField
        label={said.role}
        value={role}
        options={(["operator", "approver"] as const).map((value) => ({ value, label: said.roles[value] }))}
        onChange={(event) => setRole(event.target.value as BreakGlassRole)}
      />
      <TextField
        label={said.minutes}
        type="number"
        required
        min={5}
        max={240}
        value={minutes}
        onChange={(event) => setMinutes(event.target.value)}
      />
      <TextArea
        label={said.why}
        hint={said.whyHint}
        required
        minLength={10}
        maxLength={1_000}
        value={reason}
        error={errorAt(take.error, "reason")}
        onChange={(event) => setReason(event.target.value)}
      />
      <CodeField hint={said.codeHint} value={code} onChange={setCode} />
    </FormPanel>
  );
}

function BreakGlassPanel({ of, onClose }: { of: BreakGlassView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const me = useMe();
  const [mayEnd, mayReview] = [useMay("run"), useMay("approve")];
  const [comment, setComment] = useState("");
  const review = useChange(() => client.breakGlass.review(of.id, { comment }));
  if (mayReview && !of.open && of.review === null && of.actor.id !== me.actor.id)
    return (
      <FormPanel
        title={of.actor.name}
        submit={said.reviewSubmit}
        change={review}
        onSubmit={() => review.run()}
        onClose={onClose}
        command={commandLine(["break-glass", "review", of.id], { comment: comment || "…" })}
      >
        <GlassFacts of={of} />
        <TextArea
          label={said.reviewLabel}
          hint={said.reviewHint}
          required
          maxLength={1_000}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
      </FormPanel>
    );
  return (
    <SidePanel title={of.actor.name} onClose={onClose}>
      <PanelBody>
        <GlassFacts of={of} />
      </PanelBody>
      {mayEnd && of.open && (
        <PanelFoot>
          <ConfirmButton
            label={said.end}
            title={said.endQuestion(of.actor.name)}
            command={commandLine(["break-glass", "end", of.id])}
            work={() => client.breakGlass.end(of.id)}
          >
            {said.endText}
          </ConfirmButton>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function GlassFacts({ of }: { of: BreakGlassView }) {
  const said = useTexts(texts);
  const { role, reason, openedAt, expiresAt, proof, ended, review } = of;
  return (
    <Facts
      items={[
        [said.state, <State key="state" of={of} />],
        [said.what, role],
        [said.where, <PlaceWord key="where" of={of} />],
        [said.why, reason],
        [said.since, <Time key="since" at={openedAt} />],
        [said.until, <Time key="until" at={expiresAt} />],
        [said.proof, said.proofs[proof ?? "none"]],
        ...(ended === null
          ? []
          : [
              [
                said.endedAt,
                <span key="ended">
                  <Time at={ended.at} /> {ended.by === null ? said.endedWith : said.endedBy(ended.by.name)}
                </span>,
              ] as const,
            ]),
        ...(review === null
          ? []
          : [
              [
                said.review,
                <span key="review">
                  {review.comment} ({said.by(review.by.name)}, <Time at={review.at} />)
                </span>,
              ] as const,
            ]),
      ]}
    />
  );
}
