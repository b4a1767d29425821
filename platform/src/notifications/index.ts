// Tells people and programs what happened: reads the organizations' feeds, keeps deliveries as rows and sends them by the
// channels. Any process with a database may do it, and any number of them. Imported by boot, and the API for its words.
export { createNotifications, type NotificationDeps } from "./engine.ts";
export { defaultRetryPolicy } from "./back-off.ts";
export { breakGlassNotice, testNotice } from "./notice.ts";
