"use client";

import { useEffect, useId, useRef } from "react";

interface Props {
  question: string;
  /** What happens then, and whether it can be undone. */
  consequence: string;
  /** The label of the button that does it. */
  label: string;
  onAnswer: (confirmed: boolean) => void;
}

/**
 * Asks once before something happens. The browser keeps the focus in the dialog, cancels at Escape, and gives the focus
 * back to the button that was pressed.
 */
export function Confirm({ question, consequence, label, onAnswer }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
    cancel.current?.focus(); // so that a key pressed twice does not confirm
  }, []);
  return (
    <dialog
      ref={dialog}
      className="confirm"
      aria-labelledby={`${id}-question`}
      aria-describedby={`${id}-consequence`}
      onClose={() => onAnswer(dialog.current?.returnValue === "yes")}
    >
      <h2 id={`${id}-question`}>{question}</h2>
      <p id={`${id}-consequence`}>{consequence}</p>
      <div className="actions">
        <button type="button" onClick={() => dialog.current?.close("yes")}>
          {label}
        </button>
        <button type="button" className="quiet" ref={cancel} onClick={() => dialog.current?.close("")}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
