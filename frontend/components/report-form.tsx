"use client";

import { useState, type FormEvent } from "react";
import { ApiError, createApi, messageOf, type FieldErrors, type Report } from "@/lib/api";
import { LIMITS, validateReport } from "@/lib/validation";
import { Field } from "./field";

interface Props {
  apiUrl: string;
  onFiled: (report: Report) => void;
}

export function ReportForm({ apiUrl, onFiled }: Props) {
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState("");
  const [errors, setErrors] = useState<FieldErrors>({});

  function refuse(form: HTMLFormElement, message: string, fields: FieldErrors) {
    setFailure(message);
    setErrors(fields);
    const first = form.elements.namedItem(Object.keys(fields)[0] ?? "");
    if (first instanceof HTMLElement) first.focus();
  }

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const report = { title: String(data.get("title")), description: String(data.get("description")) };
    const faults = validateReport(report);
    if (Object.keys(faults).length > 0) {
      refuse(form, "The report was not sent yet. Please complete the fields below.", faults);
      return;
    }
    setSending(true);
    try {
      onFiled(await createApi(apiUrl).file(report));
    } catch (error) {
      refuse(form, messageOf(error), error instanceof ApiError ? error.fields : {});
    } finally {
      setSending(false);
    }
  }

  return (
    // post: sent before the script is ready, the report must not end up in an address
    <form
      className="card"
      method="post"
      onSubmit={submit}
      noValidate
      aria-labelledby="form-heading"
      aria-busy={sending}
    >
      <h2 id="form-heading">Report an incident</h2>
      <noscript>
        <p className="failure">This form needs JavaScript. Please allow it for this page.</p>
      </noscript>
      <p className="failure" role="alert" hidden={!failure}>
        {failure}
      </p>
      <Field
        name="title"
        label="Title"
        hint="A few words that say what it is about."
        limit={LIMITS.title}
        error={errors.title}
      />
      <Field
        name="description"
        label="What happened?"
        hint="When and where, what was said or done. Leave out what you would rather not share."
        limit={LIMITS.description}
        error={errors.description}
        rows={7}
      />
      <button type="submit" disabled={sending}>
        {sending ? "Sending…" : "Send report"}
      </button>
    </form>
  );
}
