"use client";

import { useAction } from "@/lib/use-action";
import type { Event, Page } from "@/lib/model";
import { describeEvent } from "@/lib/words";
import { Outcome } from "./outcome";
import { PersonName } from "./person-name";
import { Time } from "./time";

interface Props {
  timeline: Page<Event>;
  /** Loads what happened before an entry. */
  more: (before: string) => Promise<void>;
}

/** Who did what and when: the newest entries, oldest first, and a button for earlier ones. */
export function Timeline({ timeline: { items, next }, more }: Props) {
  const { run, outcome } = useAction();
  async function earlier(before: string): Promise<string> {
    await more(before);
    return "Earlier entries are loaded.";
  }
  return (
    <>
      {next && (
        <button type="button" className="quiet small" onClick={() => run(() => earlier(next))}>
          Show earlier entries
        </button>
      )}
      <Outcome outcome={outcome} />
      <ol className="timeline">
        {items.toReversed().map((event) => (
          <li key={event.id} data-kind={event.kind}>
            <p>
              <strong>
                <PersonName person={event.actor} />
              </strong>{" "}
              {describeEvent(event)} <Time value={event.at} />
            </p>
            {event.text && <p className="text said">{event.text}</p>}
          </li>
        ))}
      </ol>
    </>
  );
}
