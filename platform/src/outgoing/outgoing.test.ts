import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createAddressGuard, sendRequest } from "./index.ts";

const guard = createAddressGuard([]);
const resolves = (host: string) => guard.resolve(host).then(({ address }) => address);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error as { code: string }).code,
  );

const inside = [
  "127.0.0.1 10.1.2.3 172.31.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 168.63.129.16",
  "[::1] [::] [fe80::1] [fd00:ec2::254] [::ffff:127.0.0.1] [::ffff:a9fe:a9fe] [64:ff9b::a9fe:a9fe] [2002:7f00:1::]",
  "[::127.0.0.1] [ff02::1] localhost LOCALHOST.",
  // What the system's resolver takes for an address.
  "2130706433 0x7f000001 127.1",
].join(" ");

test.each(inside.split(" "))("%s isn't reached", async (host) => {
  expect(await codeOf(resolves(host))).toBe("destination_refused");
});

test("public addresses are, of either family", async () => {
  expect(await resolves("8.8.8.8")).toBe("8.8.8.8");
  expect(await resolves("[2606:4700::1111]")).toBe("2606:4700::1111");
  expect(await resolves("[::ffff:8.8.8.8]")).toBe("::ffff:8.8.8.8");
});

test("of a name every address must be public: one that leads inside too is refused", async () => {
  const both = createAddressGuard([], async () => [
    { address: "8.8.8.8", family: 4 },
    { address: "10.0.0.1", family: 4 },
  ]);
  expect(await codeOf(both.resolve("rebinding.example"))).toBe("destination_refused");
});

test("an operator allows hosts, domains, addresses and ranges, and nothing beside them", async () => {
  const look = async () => [{ address: "10.1.2.3", family: 4 }];
  const allowing = createAddressGuard(["hooks.internal", "*.corp.example", "10.9.0.0/16", "fd00::/8"], look);
  expect(await allowing.resolve("hooks.internal")).toEqual({ address: "10.1.2.3", family: 4, allowed: true });
  expect(await allowing.resolve("a.CORP.example")).toMatchObject({ allowed: true });
  expect(await allowing.resolve("10.9.1.1")).toMatchObject({ allowed: true });
  expect(await allowing.resolve("[fd00::1]")).toMatchObject({ allowed: true });
  expect(await codeOf(allowing.resolve("evilcorp.example"))).toBe("destination_refused");
  expect(await codeOf(allowing.resolve("corp.example"))).toBe("destination_refused");
  expect(await codeOf(allowing.resolve("10.8.1.1"))).toBe("destination_refused");
});

test("a connection that may have private addresses reaches those, and neither this machine nor metadata, nor without TLS", async () => {
  const own = guard.withPrivate();
  for (const host of ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "[fd12::1]", "[::ffff:10.1.2.3]"])
    expect(await own.resolve(host)).toMatchObject({ allowed: false });
  const never =
    "127.0.0.1 [::1] 169.254.169.254 [fe80::1] [fd00:ec2::254] 100.100.100.200 [64:ff9b::a00:1] 0.0.0.0 168.63.129.16 [::ffff:a9fe:a9fe]";
  for (const host of never.split(" "))
    expect([host, await codeOf(own.resolve(host))]).toEqual([host, "destination_refused"]);
  const plain = sendRequest(own, {
    url: "http://10.1.2.3/",
    headers: {},
    body: "",
    signal: AbortSignal.timeout(60_000),
  });
  expect(await codeOf(plain)).toBe("destination_refused");
  expect(await codeOf(guard.resolve("10.1.2.3"))).toBe("destination_refused");
});

test("a name is looked up once, so that nobody changes where it leads between check and connection", async () => {
  const server = createServer((_request, response) => void response.end("here"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  let lookups = 0;
  const pinning = createAddressGuard(["rebinding.example"], async () => {
    lookups += 1;
    return [{ address: lookups === 1 ? "127.0.0.1" : "169.254.169.254", family: 4 }];
  });
  const { port } = server.address() as AddressInfo;
  const signal = AbortSignal.timeout(60_000);
  const url = `http://rebinding.example:${port}/`;
  expect(await sendRequest(pinning, { url, headers: {}, body: "", signal })).toMatchObject({
    status: 200,
    body: "here",
  });
  expect(lookups).toBe(1);
});

test("what isn't spoken to by TLS must be allowed, and what isn't HTTP is refused", async () => {
  const at = (url: string) =>
    codeOf(sendRequest(guard, { url, headers: {}, body: "", signal: AbortSignal.timeout(60_000) }));
  expect(await at("http://8.8.8.8/")).toBe("destination_refused");
  expect(await at("ftp://8.8.8.8/")).toBe("destination_refused");
  expect(await at("http://2130706433/")).toBe("destination_refused");
});
