"use client";

import { useRouter } from "next/navigation";
import { useAnswer } from "@/lib/use-answer";
import { Failure } from "./failure";
import { Field } from "./field";
import { Form, useFormState } from "./form";
import { Heading } from "./heading";
import { PersonName } from "./person-name";
import { useSession } from "./session";
import { useAccount } from "./signed-in";

/** The people who read reports; a report is kept from those whom it is about. */
function AboutChoice() {
  const { api } = useSession();
  const own = useAccount().id;
  const { answer, retry } = useAnswer(api.responders);
  const { draft, errors } = useFormState();
  // Until the boxes are there: what was chosen before must not be lost
  const kept = draft.about && <input type="hidden" name="about" value={draft.about} />;
  if (answer.phase === "error") {
    return (
      <>
        {kept}
        <Failure message={answer.error.message} onRetry={retry} />
      </>
    );
  }
  if (answer.phase === "loading") return kept;
  const responders = answer.value.items.filter(({ id }) => id !== own);
  if (responders.length === 0) return null;
  const chosen = draft.about?.split(",") ?? [];
  return (
    <fieldset>
      <legend>Is it about one of the people who handle reports?</legend>
      <p className="hint">Anyone you tick will not see this report, unless nobody else can handle it.</p>
      {responders.map((person) => (
        <label key={person.id} className="check">
          <input type="checkbox" name="about" value={person.id} defaultChecked={chosen.includes(person.id)} />
          <span>
            <PersonName person={person} />
          </span>
        </label>
      ))}
      {errors.about && <p className="field-error">{errors.about}</p>}
    </fieldset>
  );
}

export function NewReport() {
  const { api } = useSession();
  const { id } = useAccount();
  const router = useRouter();

  async function send({ title = "", description = "", about = "" }) {
    const report = await api.file({ title, description, about: about.split(",").filter(Boolean) });
    router.replace(`/reports/${report.id}`); // back leads to where one came from, not to an empty form
  }

  return (
    <div className="narrow">
      <div className="intro">
        <Heading>File a report</Heading>
        <p>It goes to the responders. You can see what they do about it, and add to it later.</p>
      </div>
      <Form className="card" label="Report" submit="File report" send={send} draftName={`${id} report`}>
        <Field name="title" label="Title" hint="A few words that say what it is about." />
        <Field
          name="description"
          label="What happened?"
          hint="When and where, and what was said or done. Leave out what you would rather not share."
          rows={9}
        />
        <AboutChoice />
      </Form>
    </div>
  );
}
