import { passkey } from "@better-auth/passkey";
import { betterAuth } from "better-auth";
import { APIError, createAuthMiddleware, getSessionFromCtx } from "better-auth/api";
import { deviceAuthorization, genericOAuth, twoFactor } from "better-auth/plugins";
import { decodeJwt } from "jose";
import type { Pool } from "pg";
import { addressHeader, authPath, deviceClient, personDisabled } from "./names.ts";
import { isLoopbackName } from "./origins.ts";
import type { IdentityProvider, ProviderSignIn } from "./identity-providers.ts";
import { claimCode, findIdToken, isDisabled, noteSecondFactor } from "./store.ts";
import { forgetWrongPasswords } from "./wrong-passwords.ts";
import type { Log } from "../lib/log.ts";

export interface SignInConfig {
  /** Seconds that a session holds at most, and without use. */
  sessionSeconds: number;
  idleSeconds: number;
  passwordMinimum: number;
  /** Of one address, before it has to wait. */
  signInsPerMinute: number;
  /** For links in messages; known once the server listens. */
  mainOrigin(): string;
}

export interface SignInMail {
  to: string;
  subject: string;
  text: string;
  link: string;
  /** In words. */
  validFor: string;
}

export interface BetterAuthDeps {
  /** Of role gantry_auth. */
  pool: Pool;
  secret: string;
  config: SignInConfig;
  providers: readonly IdentityProvider[];
  onProviderSignIn(signedIn: ProviderSignIn): Promise<void>;
  sendMail(mail: SignInMail): Promise<void>;
  newId(): string;
  log: Log;
}

export type Auth = ReturnType<typeof createBetterAuth>;

/**
 * Sign-in as better-auth does it, for one site. It takes some 50 MB and most of a second to load, so nothing imports this file
 * but by `import()`, when somebody first signs in.
 */
export function createBetterAuth(deps: BetterAuthDeps, origin: string) {
  const { config, log } = deps;
  const site = new URL(origin);
  return betterAuth({
    appName: "Gantry",
    baseURL: origin,
    basePath: authPath,
    // Given as a list, or variables of the process's environment would win over it.
    secrets: [{ version: 1, value: deps.secret }],
    database: deps.pool,
    trustedOrigins: [origin],
    telemetry: { enabled: false },
    logger: {
      level: "warn",
      // Its arguments may hold what people sent.
      log: (level, message) =>
        log[level === "error" ? "warn" : "info"]({ source: "better-auth" }, message.slice(0, 500)),
    },
    // Refusals go to who asked; on its own it would print them.
    onAPIError: {
      onError: (err) => {
        if (!(err instanceof APIError)) log.error({ err }, "Sign-in failed by an error of its own");
      },
    },
    emailAndPassword: {
      enabled: true,
      // People come by invitation, or from an identity provider.
      disableSignUp: true,
      minPasswordLength: config.passwordMinimum,
      maxPasswordLength: 256,
      resetPasswordTokenExpiresIn: 1_800,
      revokeSessionsOnPasswordReset: true,
      onPasswordReset: ({ user }) => forgetWrongPasswords(deps.pool, user.email),
      sendResetPassword: ({ user, token }) =>
        deps.sendMail({
          to: user.email,
          subject: "Gantry: a new password",
          text: "Somebody, hopefully you, asked for a new password. If it wasn't you, there is nothing to do.",
          link: `${config.mainOrigin()}/reset-password?token=${encodeURIComponent(token)}`,
          validFor: "30 minutes",
        }),
    },
    emailVerification: {
      expiresIn: 86_400,
      sendVerificationEmail: ({ user, token }) =>
        deps.sendMail({
          to: user.email,
          subject: "Gantry: is this your address?",
          text: "Somebody, hopefully you, signed in to Gantry with this address.",
          link: `${config.mainOrigin()}${authPath}/verify-email?token=${encodeURIComponent(token)}&callbackURL=${encodeURIComponent("/account?done=verified")}`,
          validFor: "one day",
        }),
    },
    session: {
      expiresIn: config.sessionSeconds,
      // The limit is absolute; ours for idleness stands beside it.
      disableSessionRefresh: true,
      freshAge: 1_800,
    },
    account: {
      encryptOAuthTokens: true,
      // An account elsewhere is the person's whose address it vouches for, once that address is known to be theirs here too.
      accountLinking: { enabled: true, disableImplicitLinking: false },
    },
    rateLimit: {
      enabled: true,
      storage: "database",
      window: 60,
      max: 300,
      customRules: {
        "/sign-in/social": { window: 60, max: config.signInsPerMinute },
        "/sign-in/email": { window: 60, max: config.signInsPerMinute },
        "/request-password-reset": { window: 60, max: config.signInsPerMinute },
        "/send-verification-email": { window: 60, max: config.signInsPerMinute },
        "/device/code": { window: 60, max: 60 },
        "/device/token": { window: 60, max: 300 },
        "/two-factor/*": { window: 60, max: config.signInsPerMinute },
      },
    },
    advanced: {
      cookiePrefix: "gantry",
      useSecureCookies: !isLoopbackName(site.hostname),
      database: { generateId: () => deps.newId() },
      // Set by our own routes, from the connection; what the client sent under this name is gone by then.
      ipAddress: { ipAddressHeaders: [addressHeader] },
      // Told apart from its being a test, where it would look the other way. Our routes check both too.
      disableCSRFCheck: false,
      disableOriginCheck: false,
    },
    hooks: {
      before: createAuthMiddleware(async (ctx) => {
        const body = (ctx.body ?? {}) as { code?: unknown };
        if (ctx.path === "/two-factor/verify-totp" && typeof body.code === "string") {
          const person = await personInChallenge(ctx);
          if (person !== null && !(await claimCode(deps.pool, person, body.code)))
            throw new APIError("UNAUTHORIZED", { code: "INVALID_CODE", message: "Invalid code" });
        }
      }),
      after: createAuthMiddleware(async (ctx) => {
        if (ctx.path === "/callback/:id" && ctx.context.newSession !== null) {
          const provider = deps.providers.find(({ id }) => id === (ctx.params as { id?: string }).id);
          const { user } = ctx.context.newSession;
          const token = provider === undefined ? null : await findIdToken(deps.pool, user.id, provider.id);
          // It was checked when it came, a moment ago.
          if (provider !== undefined && token !== null)
            await deps.onProviderSignIn({ provider, person: user, claims: decodeJwt(token) });
        }
        if (!provesSecondFactor.has(ctx.path)) return;
        const session = ctx.context.newSession ?? (await getSessionFromCtx(ctx));
        if (session !== null && !(ctx.context.returned instanceof Error))
          await noteSecondFactor(deps.pool, session.session.id);
      }),
    },
    databaseHooks: {
      session: {
        create: {
          // The database refuses the session too; this says why.
          before: async (session) => {
            if (await isDisabled(deps.pool, session.userId))
              throw new APIError("FORBIDDEN", { code: personDisabled, message: "Put out of the installation" });
          },
        },
      },
    },
    plugins: [
      twoFactor({ issuer: `Gantry (${site.hostname})`, backupCodeOptions: { amount: 10, length: 12 } }),
      passkey({
        rpID: site.hostname,
        rpName: "Gantry",
        origin,
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        registration: {
          afterVerification: ({ verification }) => {
            if (verification.registrationInfo?.userVerified !== true) throw unverifiedPerson();
          },
        },
        authentication: {
          // It stands for two factors, so the device must have asked for a finger or a PIN.
          afterVerification: ({ verification }) => {
            if (!verification.authenticationInfo.userVerified) throw unverifiedPerson();
          },
        },
      }),
      deviceAuthorization({
        verificationUri: `${config.mainOrigin()}/device`,
        expiresIn: "15m",
        interval: "5s",
        validateClient: (client) => client === deviceClient,
      }),
      genericOAuth({
        config: deps.providers.map((provider) => ({
          providerId: provider.id,
          name: provider.name,
          discoveryUrl: `${provider.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
          clientId: provider.clientId,
          clientSecret: provider.clientSecret,
          scopes: [...provider.scopes],
          pkce: true,
          requireIdTokenVerification: true,
        })),
      }),
    ],
  });

  type Context = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

  /** Whose code is awaited: of a sign-in that is under way, or of the session. */
  async function personInChallenge(ctx: Context): Promise<string | null> {
    const session = await getSessionFromCtx(ctx);
    if (session !== null) return session.user.id;
    const cookie = ctx.context.createAuthCookie("two_factor");
    const challenge = await ctx.getSignedCookie(cookie.name, ctx.context.secret);
    const found = challenge ? await ctx.context.internalAdapter.findVerificationValue(challenge) : null;
    return found?.value ?? null;
  }
}

const provesSecondFactor: ReadonlySet<string> = new Set([
  "/two-factor/verify-totp",
  "/two-factor/verify-backup-code",
  "/passkey/verify-authentication",
]);

function unverifiedPerson(): APIError {
  return new APIError("UNAUTHORIZED", {
    code: "USER_VERIFICATION_REQUIRED",
    message: "The device didn't ask who is there; set a PIN or a fingerprint up on it.",
  });
}
