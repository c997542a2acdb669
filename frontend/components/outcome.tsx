interface Props {
  outcome: { notice: string; failure: string };
}

/** How something went. Both places are in the page before, so that screen readers announce what appears in them. */
export function Outcome({ outcome: { notice, failure } }: Props) {
  return (
    <>
      <p className="hint wide" role="status">
        {notice}
      </p>
      <p className="failure wide" role="alert" hidden={!failure}>
        {failure}
      </p>
    </>
  );
}
