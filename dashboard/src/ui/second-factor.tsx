import type { ElevationView } from "@gantry/sdk/api";
import { Button } from "./button.tsx";
import { CodeField } from "./code-field.tsx";
import { ErrorNotice, Notice } from "./notice.tsx";
import { useTexts } from "./texts.ts";

export type Factors = ElevationView["factors"];

/** A button for each second factor that the person has; the code's sends the form of that id. */
export function FactorButtons({
  factors,
  form,
  said,
  pending,
  disabled,
  onPasskey,
}: {
  factors: Factors;
  form: string;
  said: { withCode: string; withPasskey: string };
  pending: boolean;
  /** There is no code yet. */
  disabled: boolean;
  onPasskey(): void;
}) {
  return (
    <>
      {factors.passkeys > 0 && (
        <Button kind={factors.totp ? "plain" : "primary"} pending={pending} onClick={onPasskey}>
          {said.withPasskey}
        </Button>
      )}
      {factors.totp && (
        <Button kind="primary" type="submit" form={form} pending={pending} disabled={disabled}>
          {said.withCode}
        </Button>
      )}
    </>
  );
}

/** The field for the code, where the person has an authenticator app; what to do, where they have no second factor at all. */
export function FactorFields({
  factors,
  said,
  code,
  onCode,
}: {
  factors: Factors;
  said: { codeHint: string; noFactor: string; toAccount: string };
  code: string;
  onCode(code: string): void;
}) {
  return (
    <>
      {factors.totp && <CodeField hint={said.codeHint} value={code} onChange={onCode} />}
      {!factors.totp && factors.passkeys === 0 && (
        <Notice tone="warn">
          {said.noFactor}{" "}
          <a href="/account" className="underline">
            {said.toAccount}
          </a>
        </Notice>
      )}
    </>
  );
}

/** Why the factor didn't count; a passkey that wasn't used is no error of anybody's. */
export function FactorFailure({ error }: { error: unknown }) {
  const said = useTexts(texts);
  if (error instanceof DOMException && error.name === "NotAllowedError")
    return <Notice tone="bad">{said.canceled}</Notice>;
  return <ErrorNotice error={error} />;
}

const texts = { en: { canceled: "The passkey wasn't used: it was canceled, or took too long. Try again." } };
