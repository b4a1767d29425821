import type { ProfileName, Variable } from "./variables.ts";

export interface Profile {
  /** Ends "For …": who takes it. */
  for: string;
  defaults: Partial<Record<Variable, string>>;
  /** What must be set there because no default can be right: an example for each, and why. */
  needs: Partial<Record<Variable, { example: string; why: string }>>;
}

const database = {
  example: "postgresql://gantry:change-me@db.internal:5432/gantry",
  why: "GANTRY_EMBEDDED_POSTGRES is off",
};
const url = {
  example: "https://gantry.example.com",
  why: "other names are refused, and links in messages lead there",
};

/** A profile sets defaults and nothing else: whatever is set wins over it. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  laptop: {
    for: "one machine and its user: nothing to set, the database included",
    defaults: {},
    needs: {},
  },
  server: {
    for: "a host behind a proxy that ends TLS: a Postgres of yours, and no tool without a sandbox",
    defaults: { GANTRY_EMBEDDED_POSTGRES: "off", GANTRY_SANDBOX: "required", GANTRY_BLOBS: "postgres" },
    needs: { GANTRY_URL: url },
  },
  container: {
    for: "containers: reachable from outside of its own, nothing kept in it, and the container as the sandbox where it allows none",
    defaults: { GANTRY_HOST: "0.0.0.0", GANTRY_EMBEDDED_POSTGRES: "off", GANTRY_BLOBS: "postgres" },
    needs: {
      GANTRY_URL: url,
      GANTRY_KEY_FILE: {
        example: "/run/secrets/gantry-platform-key",
        why: "one that is made in a container goes with it, and every stored secret with the key",
      },
    },
  },
  test: {
    for: "tests: any free port, nothing is sent to anybody, and never the data of whoever runs them",
    defaults: { GANTRY_PORT: "0", GANTRY_NOTIFICATIONS: "off", GANTRY_LOG_LEVEL: "warn" },
    needs: { GANTRY_DATA_DIR: { example: "/tmp/gantry-test", why: "tests have a data directory of their own" } },
  },
};

/** What a process with these values must be told. */
export function neededBy(profile: Profile, value: (name: Variable) => string | undefined): Profile["needs"] {
  const { GANTRY_URL: listening, ...others } = profile.needs;
  return {
    ...(value("GANTRY_EMBEDDED_POSTGRES") === "off" ? { GANTRY_DATABASE_URL: database } : {}),
    // A worker listens nowhere.
    ...(listening === undefined || value("GANTRY_ROLE") === "worker" ? {} : { GANTRY_URL: listening }),
    ...others,
  };
}
