import type { Pool } from "pg";
import type { Log } from "../lib/log.ts";
import type { Auth, BetterAuthDeps, SignInConfig, SignInMail } from "./better-auth.ts";
import { createPasswordCheck, inspectBreachList } from "./check-password.ts";
import { SignInFailedError } from "./errors.ts";
import type { IdentityProvider, ProviderSignIn } from "./identity-providers.ts";
import { createOrigins, type Origins } from "./origins.ts";
import { createSecondFactor, type SecondFactorInput } from "./second-factor.ts";
import { findPerson, secondFactorsOf } from "./store.ts";

export interface SignInDeps {
  /** Of role gantry_auth. */
  pool: Pool;
  /** Signs cookies and encrypts what authenticator apps share with us. */
  key: Uint8Array;
  config: Omit<SignInConfig, "mainOrigin">;
  /** Where the server is reached; asked when somebody signs in. */
  url(): string;
  providers: readonly IdentityProvider[];
  /** Before the person's session is used: what the provider's word means here. */
  onProviderSignIn(signedIn: ProviderSignIn): Promise<void>;
  /** Of the range protocol for stolen passwords; null: they aren't looked up. */
  breachListUrl: string | null;
  /** Whether messages reach anybody's mailbox. */
  sendsMail: boolean;
  /** Sends a message, or says on the console what it would have said. */
  sendMail(mail: SignInMail): Promise<void>;
  newId(): string;
  now(): number;
  log: Log;
}

const retryProvidersMs = 30_000;

export type SignIn = ReturnType<typeof createSignIn>;

/** What signs people in, before anybody does: better-auth is loaded with the first who needs it. */
export function createSignIn(deps: SignInDeps) {
  const secret = Buffer.from(deps.key).toString("base64url");
  const checkPassword = createPasswordCheck({
    breachListUrl: deps.breachListUrl,
    minimum: deps.config.passwordMinimum,
    log: deps.log,
  });
  const origins = (): Origins => createOrigins(deps.url());
  const config: SignInConfig = { ...deps.config, mainOrigin: () => origins().main };
  const sites = new Map<string, Promise<Auth>>();

  /** Of one of our origins, so that there are three of them at most. */
  const authOf = (origin: string): Promise<Auth> => {
    const known = sites.get(origin);
    if (known !== undefined) return known;
    const made = import("./better-auth.ts").then(({ createBetterAuth }) =>
      createBetterAuth({ ...deps, secret, config } satisfies BetterAuthDeps, origin),
    );
    sites.set(origin, made);
    const forget = () => void (sites.get(origin) === made && sites.delete(origin));
    // One that couldn't be loaded, or whose providers didn't all answer, is made anew, but not for everybody who asks meanwhile.
    made
      .then(async (auth) => {
        const known = (await auth.$context).socialProviders.map(({ id }) => id);
        if (deps.providers.some(({ id }) => !known.includes(id))) setTimeout(forget, retryProvidersMs).unref();
      })
      .catch(forget);
    return made;
  };
  const secondFactor = createSecondFactor({ pool: deps.pool, secret, now: deps.now });

  return {
    secret,
    config,
    origins,
    checkPassword,
    inspectBreachList: () => inspectBreachList(deps.breachListUrl),
    providers: deps.providers.map(({ id, name }) => ({ id, name })),
    sendsMail: deps.sendsMail,
    sendMail: deps.sendMail,
    /** Answers a request to better-auth, which must come to one of our origins. */
    handle: async (origin: string, request: Request): Promise<Response> => (await authOf(origin)).handler(request),
    /** Somebody new, who may sign in with the password. @throws PasswordWeakError, SignInFailedError */
    async createPerson({ email, name, password, verified }: NewPerson): Promise<string> {
      await checkPassword(password, [email, name]);
      if ((await findPerson(deps.pool, { email })) !== null)
        throw new SignInFailedError(
          "There is somebody with that address already: sign in first, then open the link again.",
        );
      const context = await (await authOf(origins().main)).$context;
      const user = await context.internalAdapter.createUser(
        { email: email.toLowerCase(), name, emailVerified: verified },
        { method: "invitation" },
      );
      await context.internalAdapter.linkAccount({
        userId: user.id,
        providerId: "credential",
        accountId: user.id,
        password: await context.password.hash(password),
      });
      return user.id;
    },
    /** True when the input proves the person's second factor; each code counts once. */
    verifySecondFactor: (person: string, input: SecondFactorInput): Promise<boolean> => secondFactor(person, input),
    secondFactorsOf: (person: string) => secondFactorsOf(deps.pool, person),
  };
}

export interface NewPerson {
  email: string;
  name: string;
  password: string;
  /** Whether it is known that the address is theirs. */
  verified: boolean;
}
