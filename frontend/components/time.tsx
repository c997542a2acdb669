import { describeAge } from "@/lib/words";

const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A time in the reader's own time zone. Only shown once data is there, so never on the server. */
export function Time({ value }: { value: string }) {
  return <time dateTime={value}>{format.format(new Date(value))}</time>;
}

/** How long ago it was; pointing at it shows the time. */
export function Age({ value }: { value: string }) {
  return (
    <time dateTime={value} title={format.format(new Date(value))}>
      {describeAge(value)}
    </time>
  );
}
