export function Loading({ children = "Loading…" }: { children?: string }) {
  return (
    <p className="empty" aria-busy="true">
      {children}
    </p>
  );
}
