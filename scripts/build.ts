import { buildDashboard } from "./build/dashboard.ts";

// `npm run build`: what must be made of the sources before the platform can serve it. `npm start` does it when it is out of date.
await buildDashboard();
