/** The prefix of better-auth's routes, and where they are reached. */
export const authPath = "/api/v1/auth";
/** What `gantry login` calls itself. */
export const deviceClient = "gantry-cli";
/** What better-auth says to who was put out. */
export const personDisabled = "PERSON_DISABLED";
/** In requests to better-auth: the client's address, from the connection. */
export const addressHeader = "x-gantry-client-address";
