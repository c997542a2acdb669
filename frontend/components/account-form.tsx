"use client";

import type { Account } from "@/lib/model";
import { validateNewPassword } from "@/lib/validation";
import { Field, NewPasswordField } from "./field";
import { Form } from "./form";
import { useSession } from "./session";

interface Props {
  /** Of the invitation that the account is created with. */
  token?: string;
  onCreated: (account: Account) => void;
}

/** Create an account, which signs in as well. */
export function AccountForm({ token, onCreated }: Props) {
  const { api } = useSession();
  async function send({ name = "", email = "", password = "" }) {
    onCreated((await api.register({ name, email, password }, token)).account);
  }
  return (
    <Form className="card" label="New account" submit="Create account" check={validateNewPassword} send={send}>
      <Field name="name" label="Name" hint="How other people here will see you." autoComplete="name" />
      <Field
        name="email"
        label="Email address"
        hint="You sign in with it. Nothing is ever sent to it."
        type="email"
        autoComplete="username"
      />
      <NewPasswordField label="Password" />
    </Form>
  );
}
