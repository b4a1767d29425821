import { ApiError } from "@gantry/sdk/client";
import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { ErrorNotice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { useTexts } from "../ui/texts.ts";
import { goToSignIn, isSignedOut } from "./session.ts";

/** A screen that could not be shown. What it asked for can be asked again. */
export function Failed({ error, reset }: { error: unknown; reset(): void }) {
  const said = useTexts(texts);
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  useEffect(() => {
    if (isSignedOut(error)) goToSignIn();
  }, [error]);
  if (error instanceof ApiError && error.status === 404) return <NotFound />;
  const again = (): void => {
    queries.reset();
    reset();
    void router.invalidate();
  };
  return (
    <Page title={said.failed}>
      <ErrorNotice error={error} />
      <div className="mt-3">
        <Button onClick={again}>{said.again}</Button>
      </div>
    </Page>
  );
}

export function NotFound() {
  const said = useTexts(texts);
  return (
    <Page title={said.notFound}>
      <EmptyState title={said.notFoundWhy}>
        <Link to="/" className="underline">
          {said.home}
        </Link>
      </EmptyState>
    </Page>
  );
}

const texts = {
  en: {
    failed: "This could not be shown",
    again: "Try again",
    notFound: "Not found",
    notFoundWhy: "There is nothing at this address, or you may not see it.",
    home: "Go to the beginning",
  },
};
