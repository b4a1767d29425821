// Tries connections out, for people who set them up: goes there, as their kind can, and says what it found. Imported by the API
// (its types) and the composition root; imports outgoing, secrets and lib.
export { createTryConnection, type TryConnection } from "./try-connection.ts";
