import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { z } from "zod";

/** An address to look at. Without user and password: it is stored with the plan. */
export const Address = z
  .url({ protocol: /^https?$/, error: "must be an http:// or https:// address" })
  .max(2_000)
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || (url.username === "" && url.password === "");
  }, "Leave user and password out of the address: it is stored with the plan.");

/** Where clouds hand out credentials to whoever asks from inside. Nothing that one deploys answers there. */
const refused = new BlockList();
refused.addSubnet("169.254.0.0", 16, "ipv4");
refused.addSubnet("0.0.0.0", 8, "ipv4");
refused.addAddress("100.100.100.200", "ipv4");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addAddress("fd00:ec2::254", "ipv6");
refused.addAddress("::", "ipv6");

export interface Resolved {
  address: string;
  family: 4 | 6;
}

/**
 * The IP address that a request goes to. It is resolved once and then used as it is, so that a name can't point elsewhere between
 * the look and the request.
 * @throws Error for a name that isn't known, and for an address at which only a cloud's metadata answers.
 */
export async function resolve(url: URL): Promise<Resolved> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const literal = isIP(host);
  const found = literal === 0 ? await lookup(host, { all: true }) : [{ address: host, family: literal }];
  const [first] = found;
  if (first === undefined || found.some(({ address, family }) => isRefused(address, family)))
    throw new Error(`${host} is an address that isn't looked at (metadata of a cloud, or none at all).`);
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}

/** Node's list also knows `::ffff:169.254.169.254` as what it stands for. */
function isRefused(address: string, family: number): boolean {
  return refused.check(address, family === 6 ? "ipv6" : "ipv4");
}
