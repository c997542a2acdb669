"use client";

import { useId } from "react";
import { SHORTEST_PASSWORD } from "@/lib/validation";
import { useFormState } from "./form";

interface Props {
  name: string;
  label: string;
  hint?: string;
  type?: "text" | "email" | "password";
  autoComplete?: string;
  rows?: number;
}

/** A labelled line of text, or several lines when `rows` is given, with its hint and its error. */
export function Field({ name, label, hint, type = "text", autoComplete = "off", rows }: Props) {
  const id = useId();
  const { errors, draft } = useFormState();
  const error = errors[name];
  const attributes = {
    id,
    name,
    autoComplete,
    required: true,
    defaultValue: draft[name],
    "aria-invalid": error !== undefined,
    "aria-describedby": [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {rows ? <textarea rows={rows} {...attributes} /> : <input type={type} {...attributes} />}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** Where a password is chosen, under the name `password`. */
export function NewPasswordField({ label }: { label: string }) {
  return (
    <Field
      name="password"
      label={label}
      hint={`At least ${SHORTEST_PASSWORD} characters. A few words in a row work well.`}
      type="password"
      autoComplete="new-password"
    />
  );
}
