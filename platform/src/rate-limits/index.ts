// How often somebody may do something within a while, counted by all servers of an installation together. Imported by whatever
// limits: API and sign-in; imports the store only.
export { createRateLimiter, type Limit, type RateLimiter, type Taken } from "./limiter.ts";
