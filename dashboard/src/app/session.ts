import { ApiError } from "@gantry/sdk/client";

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** To the page to sign in on, and back here afterwards. */
export function goToSignIn(): void {
  const here = location.pathname + location.search;
  location.assign(here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`);
}
