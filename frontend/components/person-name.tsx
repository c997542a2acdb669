import type { Person } from "@/lib/model";
import { ROLE_NAMES } from "@/lib/words";

/** A name, and the role of those who have one to speak for: names are not unique. */
export function PersonName({ person }: { person: Person }) {
  return (
    <>
      <bdi>{person.name}</bdi>
      {person.role !== "reporter" && <span className="role"> ({ROLE_NAMES[person.role].toLowerCase()})</span>}
    </>
  );
}
