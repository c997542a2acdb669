import type { Event } from "@/lib/model";
import { STATE_NAMES } from "@/lib/words";
import { Time } from "./time";

function done({ kind, from, to }: Event): string {
  if (kind === "filed") return "filed the report";
  if (kind === "commented") return "commented";
  return `moved it ${from ? `from ${STATE_NAMES[from]} ` : ""}to ${to ? STATE_NAMES[to] : "another state"}`;
}

/** Who did what when, oldest first. */
export function Timeline({ events }: { events: Event[] }) {
  return (
    <ol className="timeline">
      {events.map((event) => (
        <li key={event.id} data-kind={event.kind}>
          <p>
            <strong>{event.actor.name}</strong> {done(event)} <Time value={event.at} />
          </p>
          {event.text && <p className="text said">{event.text}</p>}
        </li>
      ))}
    </ol>
  );
}
