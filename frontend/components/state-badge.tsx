const LABELS: Record<string, string> = {
  submitted: "Submitted",
  acknowledged: "Acknowledged",
  investigating: "Being looked into",
  resolved: "Resolved",
  closed: "Closed",
};

export function StateBadge({ state }: { state: string }) {
  return (
    <span className="badge" data-state={state}>
      {LABELS[state] ?? state}
    </span>
  );
}
