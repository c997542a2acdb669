const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A time in the reader's own time zone. Only shown once data is there, so never on the server. */
export function Time({ value }: { value: string }) {
  return <time dateTime={value}>{format.format(new Date(value))}</time>;
}
