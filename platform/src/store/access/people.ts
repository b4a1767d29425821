import type { Queryable } from "../queryable.ts";

export interface PersonOfInstallation {
  id: string;
  name: string;
  email: string;
  createdAt: Date;
  disabledAt: Date | null;
  administersSince: Date | null;
  organizations: string[];
}

/** Of all organizations; whether the caller may is for the API to check. */
export async function listPeople(db: Queryable): Promise<PersonOfInstallation[]> {
  const { rows } = await db.query<PersonOfInstallation>(
    `SELECT id, name, email, created_at AS "createdAt", disabled_at AS "disabledAt", administers_since AS "administersSince",
       organizations FROM list_people()`,
  );
  return rows;
}

/** Ends all of their sessions; their actors do nothing any more. @returns false when there is nobody with that id. */
export async function setPersonDisabled(db: Queryable, person: string, disabled: boolean): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>("SELECT set_person_disabled($1, $2) AS found", [
    person,
    disabled,
  ]);
  return rows[0]?.found === true;
}

/** Whoever doesn't any more loses what a session of theirs was lent. @returns false when there is nobody with that id. */
export async function setInstallationAdministrator(db: Queryable, person: string, really: boolean): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>("SELECT set_installation_administrator($1, $2) AS found", [
    person,
    really,
  ]);
  return rows[0]?.found === true;
}
