/** Stands in for next/navigation: an address and a history without a server. */
import { useSyncExternalStore } from "react";

let entries = ["/"];
const readers = new Set<() => void>();

function show(changed: string[]) {
  entries = changed;
  window.history.replaceState(null, "", address());
  readers.forEach((read) => read());
}

export const address = (): string => entries.at(-1) ?? "/";
export const history = (): string[] => entries;
export const goTo = (path: string) => show([path]);

const router = {
  push: (path: string) => show([...entries, path]),
  replace: (path: string) => show([...entries.slice(0, -1), path]),
};

const useAddress = () =>
  useSyncExternalStore(
    (read) => {
      readers.add(read);
      return () => readers.delete(read);
    },
    address,
    address,
  );

export const useRouter = () => router;
export const usePathname = () => useAddress().split(/[?#]/)[0] ?? "/";
export const useSearchParams = () => new URL(useAddress(), "http://site.example").searchParams;
