interface Props {
  name: string;
  label: string;
  hint: string;
  limit: number;
  error?: string;
  rows?: number;
}

/** A labelled line of text, or several lines when `rows` is given, with its hint and its error. */
export function Field({ name, label, hint, limit, error, rows }: Props) {
  const attributes = {
    id: name,
    name,
    maxLength: limit,
    required: true,
    "aria-invalid": error !== undefined,
    "aria-describedby": `${name}-hint${error ? ` ${name}-error` : ""}`,
  };
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      <p className="hint" id={`${name}-hint`}>
        {hint}
      </p>
      {rows ? <textarea rows={rows} {...attributes} /> : <input type="text" autoComplete="off" {...attributes} />}
      {error && (
        <p className="field-error" id={`${name}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
