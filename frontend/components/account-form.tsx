"use client";

import type { Account } from "@/lib/model";
import { SHORTEST_PASSWORD, validateNewAccount } from "@/lib/validation";
import { Field } from "./field";
import { Form } from "./form";
import { useSession } from "./session";

interface Props {
  /** Of the invitation that the account is made with. */
  token?: string;
  onMade: (account: Account) => void;
}

/** Make an account, which signs in as well. */
export function AccountForm({ token, onMade }: Props) {
  const { api } = useSession();
  async function send({ name = "", email = "", password = "" }) {
    onMade((await api.register({ name, email, password }, token)).account);
  }
  return (
    <Form className="card" label="New account" submit="Make the account" check={validateNewAccount} send={send}>
      <Field name="name" label="Name" hint="As others here shall see it." autoComplete="name" />
      <Field name="email" label="E-mail address" hint="You sign in with it." type="email" autoComplete="username" />
      <Field
        name="password"
        label="Password"
        hint={`At least ${SHORTEST_PASSWORD} characters. A few words in a row are good.`}
        type="password"
        autoComplete="new-password"
      />
    </Form>
  );
}
