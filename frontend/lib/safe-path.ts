/**
 * The page of this site that an address given from outside leads to, else the list of reports.
 * A value such as `//elsewhere` or `/\elsewhere` would lead a browser to another site.
 */
export function safePath(wanted: string | null): string {
  const home = "https://this-site.invalid";
  if (!wanted?.startsWith("/") || !URL.canParse(wanted, home)) return "/reports";
  const { origin, pathname, search } = new URL(wanted, home);
  return origin === home && !pathname.startsWith("//") ? pathname + search : "/reports";
}

/** The sign-in page that leads back to a path afterwards. */
export const signInPath = (path: string): string => `/sign-in?${new URLSearchParams({ next: path })}`;
