/**
 * Every endpoint of the contract, tried by all who may not and by who may. What a new endpoint is tried with is made from its
 * declaration; where that isn't enough, the test says what to add.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { buildDashboard } from "../../../scripts/build/dashboard.ts";
import { credentialTests } from "./credentials.ts";
import { otherOrganizationTests } from "./other-organizations.ts";
import { otherRouteTests } from "./other-routes.ts";
import { rightCredentialTests } from "./right-credential.ts";
import { roleTests } from "./roles.ts";
import { makeWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  // The dashboard's files are routes, too.
  await buildDashboard();
  world = await makeWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

describe("without a right", () => {
  credentialTests(() => world);
});
describe("besides the contract", () => {
  otherRouteTests(() => world);
});
describe("another organization's things", () => {
  otherOrganizationTests(() => world);
});
describe("by role", () => {
  roleTests(() => world);
});
// Last: it does everything, deleting the organization too.
describe("with every right", () => {
  rightCredentialTests(() => world);
});
