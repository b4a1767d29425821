import { z } from "zod";

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be lower-case letters, digits and dashes");
const role = z.enum(["viewer", "operator", "approver", "author", "security", "admin", "owner"]);

/** An OpenID provider that people of this installation sign in with. */
export const IdentityProvider = z.strictObject({
  id: name,
  /** On the button. */
  name: z.string().min(1).max(100),
  issuer: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1),
  /** Given here, or in a file of its own. */
  clientSecret: z.string().min(1).optional(),
  clientSecretFile: z.string().min(1).optional(),
  scopes: z.array(z.string().min(1)).default(["openid", "profile", "email"]),
  /** What its groups mean here. On each sign-in the person's membership of the teams that are named is made so. */
  teams: z
    .strictObject({
      claim: z.string().min(1).default("groups"),
      /** Value of the claim to names of teams. */
      map: z.record(z.string(), z.array(z.string().min(1))),
    })
    .optional(),
  /** Who signs in with an address of these domains, verified by the provider, joins without an invitation. */
  join: z
    .strictObject({ organization: z.string().min(1), domains: z.array(z.string().min(3)).min(1), roles: z.array(role) })
    .optional(),
});
export type IdentityProvider = Omit<z.output<typeof IdentityProvider>, "clientSecretFile" | "clientSecret"> & {
  clientSecret: string;
};

/** What a provider said of a person who has just signed in there; it was checked. */
export interface ProviderSignIn {
  provider: IdentityProvider;
  person: { id: string; name: string; email: string };
  claims: Readonly<Record<string, unknown>>;
}

/** What the configuration's file holds. */
export const IdentityProviders = z.array(IdentityProvider).max(20);
