import { GantryError } from "@gantry/sdk";

/** Nobody gives, takes or acts for more than they have. */
export class RoleBeyondOwnError extends GantryError {
  readonly code = "role_beyond_own";
  constructor(role: string, where: string) {
    const who = role === "owner" ? "An owner" : "An owner or administrator";
    super(`The role ${role} ${where} is beyond your own. ${who} of that place can do this.`, { details: { role } });
  }
}

export class LastOwnerError extends GantryError {
  readonly code = "last_owner";
  constructor() {
    super(
      "The organization would be left without an owner. Make somebody else owner first: gantry role grant owner --actor <name>, or Roles in the dashboard's settings.",
    );
  }
}

export class OwnersOnlyError extends GantryError {
  readonly code = "owners_only";
  constructor() {
    super("Only an owner of the organization can delete it.");
  }
}

export class TeamUnknownError extends GantryError {
  readonly code = "team_unknown";
  constructor(team: string) {
    super(
      `There is no team ${JSON.stringify(team)} in this organization. \`gantry team list\` and the dashboard's settings show them.`,
      {
        details: { team },
      },
    );
  }
}

/** Something still needs the project, the environment or the organization. */
export class PlaceInUseError extends GantryError {
  readonly code = "place_in_use";
  constructor(what: string, { runs, states = 0 }: { runs: number; states?: number }, cure: string) {
    const why = [
      ...(runs > 0 ? [`${runs} ${runs === 1 ? "run that hasn't" : "runs that haven't"} ended`] : []),
      ...(states > 0 ? [`${states} Terraform ${states === 1 ? "state" : "states"}`] : []),
    ].join(" and ");
    super(`${what} has ${why}. ${cure}`, { details: { runs, states } });
  }
}

export class NameNotConfirmedError extends GantryError {
  readonly code = "name_not_confirmed";
  constructor(what = "the organization's name") {
    super(`What was typed isn't ${what}, so nothing was deleted.`);
  }
}

/** A person decides this about themselves; whoever holds a key of theirs doesn't. */
export class SessionNeededError extends GantryError {
  readonly code = "session_needed";
  constructor() {
    super(
      "Only a person who is signed in can do this, not a key or token. Sign in in a browser, or ask an administrator.",
    );
  }
}

export class LastOrganizationError extends GantryError {
  readonly code = "last_organization";
  constructor() {
    super("It is the only organization of this installation, so it stays. Create another one first, or remove Gantry.");
  }
}

export class OwnSelfError extends GantryError {
  readonly code = "own_self";
  constructor() {
    super("You can't put yourself out of the installation. Ask another administrator.");
  }
}
