// Tells people and programs what happened: reads the organizations' feeds, keeps deliveries as rows and sends them by the
// channels. Any process with a database may do it, and any number of them. Imported by boot, and the API for its words.
export type { NotificationDeps } from "./deps.ts";
export { createNotifications } from "./engine.ts";
export { defaultRetryPolicy } from "./back-off.ts";
export { breakGlassNotice, testNotice } from "./notice.ts";
