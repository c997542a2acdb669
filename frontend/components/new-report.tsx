"use client";

import { useRouter } from "next/navigation";
import { Field } from "./field";
import { Form } from "./form";
import { Heading } from "./heading";
import { useSession } from "./session";
import { useAccount } from "./signed-in";

export function NewReport() {
  const { api } = useSession();
  const { id } = useAccount();
  const router = useRouter();

  async function send({ title = "", description = "" }) {
    const report = await api.file({ title, description });
    router.replace(`/reports/${report.id}`); // back leads to where one came from, not to an empty form
  }

  return (
    <div className="narrow">
      <div className="intro">
        <Heading>File a report</Heading>
        <p>It goes to the responders. You can see what becomes of it, and add to it later.</p>
      </div>
      <Form className="card" label="Report" submit="File the report" send={send} draftName={`${id} report`}>
        <Field name="title" label="Title" hint="A few words that say what it is about." />
        <Field
          name="description"
          label="What happened?"
          hint="When and where, what was said or done. Leave out what you would rather not share."
          rows={9}
        />
      </Form>
    </div>
  );
}
