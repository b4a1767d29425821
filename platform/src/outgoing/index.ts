// Connections to addresses that users name: only to where the operator lets them go, and never led elsewhere. Imported by
// whatever sends for users; imports lib only.
export { createAddressGuard, type AddressGuard } from "./address-guard.ts";
export { createGuardedFetch } from "./guarded-fetch.ts";
export { openSocket } from "./open-socket.ts";
export { sendRequest, type OutgoingAnswer } from "./send-request.ts";
