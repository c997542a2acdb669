"use client";

import { createContext, use, useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { asApiError, type FieldErrors } from "@/lib/api";
import { draftOf, dropDraft, keepDraft } from "@/lib/drafts";
import { validate, type Values } from "@/lib/validation";
import { Confirm } from "./confirm";

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
  /** The name under which its text is kept until it is sent; it begins with the account's id. */
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

/** Several of one name, as boxes that are ticked, are one value with commas. */
function valuesOf(form: HTMLFormElement): Values {
  const values: Values = {};
  for (const [name, value] of new FormData(form)) {
    values[name] = [values[name], String(value)].filter((part) => part !== undefined).join();
  }
  return values;
}

const DISCARD = {
  question: "Discard this text?",
  consequence: "It has not been sent, and cannot be brought back.",
  label: "Discard",
};

/** A form that sends once, keeps what was typed until that has worked, and leads the reader to the first error. */
export function Form({ label, submit, check = validate, send, reusable, draftName, className, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const alert = useRef<HTMLParagraphElement>(null);
  const busy = useRef(false);
  const [sending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [draft, setDraft] = useState(() => (draftName ? draftOf(draftName) : {}));
  const [wasThere, setWasThere] = useState(Object.keys(draft).length > 0);
  const [written, setWritten] = useState(wasThere);
  const [discarding, setDiscarding] = useState(false);
  const [round, setRound] = useState(0); // the fields are empty again with each

  function onInput(event: FormEvent<HTMLFormElement>) {
    if (draftName && !busy.current) setWritten(keepDraft(draftName, valuesOf(event.currentTarget)));
  }

  function empty() {
    if (draftName) dropDraft(draftName);
    setDraft({});
    setWasThere(false);
    setWritten(false);
    setRound((count) => count + 1);
  }

  function discard(confirmed: boolean) {
    setDiscarding(false);
    if (!confirmed) return;
    setRefusal(null);
    flushSync(empty);
    [...(form.current?.elements ?? [])].find(isField)?.focus();
  }

  useEffect(() => {
    if (!refusal || !form.current) return;
    const fields = [...form.current.elements].filter(isField);
    (fields.find(({ name }) => refusal.fields[name]) ?? alert.current)?.focus();
  }, [refusal]);

  function refuse(error: unknown, values: Values) {
    const { message, status, fields } = asApiError(error);
    // As the browser may have filled in fields itself
    if (draftName && status === 401) keepDraft(draftName, values);
    const elsewhere = Object.entries(fields).filter(([field]) => !(field in values));
    const summary = Object.values(fields).includes(message) ? "Please check the fields marked below." : message;
    setRefusal({ message: [summary, ...elsewhere.map(([, text]) => text)].join(" "), fields });
  }

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy.current) return;
    const entries = Object.entries(valuesOf(event.currentTarget));
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
      if (reusable) empty();
      else if (draftName) dropDraft(draftName);
      if (!reusable) return;
    } catch (error) {
      refuse(error, values);
    }
    busy.current = false;
    setSending(false);
  }

  return (
    // post: were it sent before the script is ready, nothing typed may end up in an address
    <form
      ref={form}
      className={className}
      method="post"
      onSubmit={onSubmit}
      onInput={onInput}
      noValidate
      aria-label={label}
    >
      <p className="failure" role="alert" hidden={!refusal} ref={alert} tabIndex={-1}>
        {refusal?.message}
      </p>
      {wasThere && <p className="notice">Here is what you wrote before. It has not been sent.</p>}
      <FormContext key={round} value={{ errors: refusal?.fields ?? {}, draft }}>
        {children}
      </FormContext>
      <div className="actions">
        <button type="submit" aria-disabled={sending}>
          {sending ? "One moment…" : submit}
        </button>
        {written && !sending && (
          <button type="button" className="quiet" onClick={() => setDiscarding(true)}>
            Discard
          </button>
        )}
      </div>
      {discarding && <Confirm {...DISCARD} onAnswer={discard} />}
    </form>
  );
}
