const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A time in the reader's own time zone. Only shown once data is there, so never on the server. */
export function FiledAt({ time }: { time: string }) {
  return <time dateTime={time}>{format.format(new Date(time))}</time>;
}
