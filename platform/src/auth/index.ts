/**
 * Who people are: sign-in with better-auth, their sessions and proofs, invitations, identity providers. Imported by the API and
 * the composition root; it reaches schema `auth` with a user of the database of its own.
 */
export { addressHeader, authPath, personDisabled } from "./names.ts";
export * from "./errors.ts";
export { invitationCode, invitationOf, provesInvitation } from "./invitation-link.ts";
export { IdentityProviders, type IdentityProvider, type ProviderSignIn } from "./identity-providers.ts";
export { isLoopbackName } from "./origins.ts";
export { askForElevation, elevate, endElevation, takeQuestion } from "./elevation.ts";
export { challengeOf, elevationChallenge, verifyPasskey } from "./passkey-proof.ts";
export { forgetWrongPasswords, noteWrongPassword, waitOf } from "./wrong-passwords.ts";
export { hasSessionCookie, readSessionBearer, readSessionCookie, sessionBearer } from "./session-token.ts";
export type { SignInMail } from "./better-auth.ts";
export { createSignIn, type SignIn, type SignInDeps } from "./sign-in.ts";
export {
  deleteOtherSessions,
  deleteSession,
  findPerson,
  listPasskeys,
  listSessions,
  readPasskeys,
  renameSession,
  type SessionRow,
} from "./store.ts";
