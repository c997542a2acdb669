"use client";

import { createContext, use, useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { asApiError, type FieldErrors } from "@/lib/api";
import { draftOf, dropDraft, keepDraft } from "@/lib/drafts";
import { validate, type Values } from "@/lib/validation";

interface FormState {
  errors: FieldErrors;
  draft: Values;
}

const FormContext = createContext<FormState>({ errors: {}, draft: {} });

export const useFormState = () => use(FormContext);

interface Props {
  label: string;
  submit: string;
  check?: (values: Values) => FieldErrors;
  /** Rejects with an ApiError where the values were not taken. */
  send: (values: Values) => Promise<unknown>;
  /** The form stays for another use; otherwise it stays blocked after it was sent, until the next page is there. */
  reusable?: boolean;
  /** The name under which its text outlives the end of a session. */
  draftName?: string;
  className?: string;
  children: ReactNode;
}

interface Refusal {
  message: string;
  fields: FieldErrors;
}

const isField = (element: Element): element is HTMLInputElement =>
  "name" in element && element instanceof HTMLElement && element.tagName !== "BUTTON";

/** A form that sends once, keeps what was typed when that fails, and leads the reader to the first error. */
export function Form({ label, submit, check = validate, send, reusable, draftName, className, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const alert = useRef<HTMLParagraphElement>(null);
  const busy = useRef(false);
  const [sending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  useEffect(() => {
    if (!refusal || !form.current) return;
    const fields = [...form.current.elements].filter(isField);
    (fields.find(({ name }) => refusal.fields[name]) ?? alert.current)?.focus();
  }, [refusal]);

  function refuse(error: unknown, values: Values) {
    const { message, status, fields } = asApiError(error);
    if (status === 401 && draftName) keepDraft(draftName, values);
    const elsewhere = Object.entries(fields).filter(([field]) => !(field in values));
    const summary = Object.values(fields).includes(message) ? "Please check the fields marked below." : message;
    setRefusal({ message: [summary, ...elsewhere.map(([, text]) => text)].join(" "), fields });
  }

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy.current) return;
    const sent = event.currentTarget;
    const entries = [...new FormData(sent)].map(([name, value]) => [name, String(value)] as const);
    const values = Object.fromEntries(
      entries.map(([name, value]) => [name, name === "password" || name === "current" ? value : value.trim()]),
    );
    const faults = check(values);
    if (Object.keys(faults).length > 0) {
      setRefusal({ message: "Nothing was sent yet. Please check the fields marked below.", fields: faults });
      return;
    }
    busy.current = true;
    setSending(true);
    setRefusal(null);
    try {
      await send(values);
      if (draftName) dropDraft(draftName);
      if (!reusable) return;
      sent.reset();
    } catch (error) {
      refuse(error, values);
    }
    busy.current = false;
    setSending(false);
  }

  return (
    // post: were it sent before the script is ready, nothing typed may end up in an address
    <form ref={form} className={className} method="post" onSubmit={onSubmit} noValidate aria-label={label}>
      <p className="failure" role="alert" hidden={!refusal} ref={alert} tabIndex={-1}>
        {refusal?.message}
      </p>
      <FormContext value={{ errors: refusal?.fields ?? {}, draft: draftName ? draftOf(draftName) : {} }}>
        {children}
      </FormContext>
      <button type="submit" aria-disabled={sending}>
        {sending ? "One moment…" : submit}
      </button>
    </form>
  );
}
