import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { DestinationRefusedError, DestinationUnreachableError } from "./errors.ts";

/** Where to connect to. The name was looked up once, so that what was checked is what is connected to. */
export interface PinnedAddress {
  address: string;
  family: 4 | 6;
  /** The operator allowed it by name or range: it may be private, and speak without TLS. */
  allowed: boolean;
}

export interface AddressGuard {
  /** @throws DestinationRefusedError, DestinationUnreachableError (no such name, or no answer in time). */
  resolve(host: string, signal?: AbortSignal): Promise<PinnedAddress>;
  /** The same for a connection that the operator lets into private networks: by TLS, and never to this machine, link-local or metadata. */
  withPrivate(): AddressGuard;
}

/**
 * Lets nobody reach what only this machine or its network can: loopback, private, link-local (cloud metadata stands there),
 * shared, multicast and reserved addresses, also inside IPv6. Of a name all addresses must be public, or none is taken.
 *
 * @param allow what is reachable all the same: `host`, `*.domain`, an address, or a range (`10.1.0.0/16`).
 * @param look finds all addresses of a name.
 */
export function createAddressGuard(allow: readonly string[], look = lookAllUp): AddressGuard {
  const ranges = new BlockList();
  for (const entry of allow) addRange(ranges, entry);
  const names = allow.map((entry) => entry.toLowerCase());
  const nameAllowed = (host: string): boolean =>
    names.some((name) => name === host || (name.startsWith("*.") && host.endsWith(name.slice(1))));

  const guardOf = (withPrivate: boolean): AddressGuard => ({
    withPrivate: () => guardOf(true),
    resolve: async (given, signal) => {
      const host = given
        .replace(/^\[|\]$/g, "")
        .replace(/\.$/, "")
        .toLowerCase();
      const found = isIP(host) === 0 ? await within(look(host), host, signal) : [{ address: host, family: isIP(host) }];
      const pinned = found.map(({ address, family }) => {
        const type = family === 6 ? "ipv6" : "ipv4";
        const allowed = nameAllowed(host) || ranges.check(address, type);
        const inside = forbidden.check(address, type) && !(withPrivate && isPrivate(address, type));
        if (!allowed && inside) {
          throw new DestinationRefusedError(
            given,
            "it is, or leads to, an address inside a private or reserved network",
          );
        }
        return { address, family: family === 6 ? 6 : 4, allowed } as const;
      });
      const first = pinned[0];
      if (first === undefined) throw new DestinationUnreachableError(given, "its name has no address");
      return first;
    },
  });
  return guardOf(false);
}

async function lookAllUp(host: string): Promise<{ address: string; family: number }[]> {
  return lookup(host, { all: true, order: "ipv4first" });
}

/** A name server that doesn't answer must not hold up whoever asks; the system's look-up can't be ended. */
async function within<T>(looking: Promise<T>, host: string, signal: AbortSignal | undefined): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(new DestinationUnreachableError(host, "its name was not found in time"));
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([looking, aborted.promise]);
  } catch (error) {
    if (error instanceof DestinationUnreachableError) throw error;
    throw new DestinationUnreachableError(host, "its name isn't known", { cause: error });
  } finally {
    signal?.removeEventListener("abort", abort);
    aborted.promise.catch(() => {});
  }
}

function addRange(ranges: BlockList, entry: string): void {
  const [address = "", bits] = entry.split("/");
  const version = isIP(address);
  if (version === 0) return;
  const type = version === 6 ? "ipv6" : "ipv4";
  if (bits === undefined) ranges.addAddress(address, type);
  else ranges.addSubnet(address, Number(bits), type);
}

/** IANA's special-purpose registries (RFC 6890 and its updates), and forms of IPv6 that carry an IPv4 address. */
const forbidden = new BlockList();
const specialPurpose = [
  "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24",
  "192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4",
  // Azure's metadata stands at an address that looks public.
  "168.63.129.16/32",
  "::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10",
  "fec0::/10 ff00::/8",
].join(" ");
for (const range of specialPurpose.split(" ")) addRange(forbidden, range);

/** Networks of one's own (RFC 1918, 4193, 6598), and in them no address that a cloud keeps for its metadata. */
const networks = new BlockList();
for (const range of ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"])
  addRange(networks, range);
const metadata = new BlockList();
for (const range of ["100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::/32", "fd20:ce::254/128"])
  addRange(metadata, range);

function isPrivate(address: string, type: "ipv4" | "ipv6"): boolean {
  return networks.check(address, type) && !metadata.check(address, type);
}
