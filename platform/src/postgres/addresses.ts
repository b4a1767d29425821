/** The same server and options, as another user or in another database. */
export function withUser(url: string, user: string, password: string, database: string): string {
  const changed = new URL(url);
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

/** Where a URL points, without user, password and options: fit for messages and logs. */
export function targetOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get("host") ?? hostname;
  const number = searchParams.get("port") ?? port;
  return `${host}${number === "" ? "" : `:${number}`}${pathname}`;
}
