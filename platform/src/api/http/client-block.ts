/**
 * Whom an address stands for: itself, or of IPv6 the /64 that it lies in. Whoever has one has all 2⁶⁴ of it, and one client must not
 * count as many.
 */
export function clientBlock(address: string): string {
  const inside = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (inside !== undefined) return inside;
  if (!address.includes(":")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const left = groupsOf(head);
  const right = groupsOf(tail ?? "");
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}

function groupsOf(text: string): string[] {
  return text.split(":").flatMap((group) => (group === "" ? [] : [group.replace(/^0+(?=.)/, "")]));
}
