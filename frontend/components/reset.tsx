"use client";

import { useCallback, useState } from "react";
import { focusHeading } from "@/lib/focus";
import { useAnswer } from "@/lib/use-answer";
import { useFragment } from "@/lib/use-fragment";
import { validateNewPassword } from "@/lib/validation";
import { DeadLink } from "./dead-link";
import { NewPasswordField } from "./field";
import { Form } from "./form";
import { Heading } from "./heading";
import { Loading } from "./loading";
import { useSession } from "./session";
import { SiteLink } from "./site-link";

function NewPassword({ token, onDone }: { token: string; onDone: () => void }) {
  const { api } = useSession();
  const { answer, retry } = useAnswer(useCallback(() => api.passwordReset(token), [api, token]));

  async function send({ password = "" }) {
    await api.resetPassword(password, token);
    window.history.replaceState(null, "", "/reset"); // the used link leaves the address
    onDone();
  }

  if (answer.phase === "loading") return <Loading>Checking the link…</Loading>;
  if (answer.phase === "error") return <DeadLink error={answer.error} retry={retry} />;
  const { email } = answer.value;
  return (
    <Form className="card" label="Choice of password" submit="Set password" check={validateNewPassword} send={send}>
      <p>
        For the account of <strong>{email}</strong>. It will be signed out everywhere.
      </p>
      <input autoComplete="username" value={email} readOnly hidden />
      <NewPasswordField label="New password" />
    </Form>
  );
}

/** Set a new password with an administrator's link. */
export function Reset() {
  const token = useFragment();
  const [done, setDone] = useState(false);
  function finish() {
    setDone(true);
    focusHeading(); // the form is about to go
  }
  return (
    <div className="narrow">
      <div className="intro">
        <Heading>Set a new password</Heading>
      </div>
      {done ? (
        <p className="notice" role="status">
          Your new password is set. <SiteLink href="/sign-in">Sign in with it</SiteLink>.
        </p>
      ) : (
        token !== null && <NewPassword key={token} token={token} onDone={finish} />
      )}
    </div>
  );
}
