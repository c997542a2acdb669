"use client";

import { useSearchParams } from "next/navigation";
import { Field } from "./field";
import { Form } from "./form";
import { Heading } from "./heading";
import { useSession } from "./session";
import { SignedOut } from "./signed-out";
import { SiteLink } from "./site-link";

/** Signs somebody in. */
export function SignInForm({ onSignedIn }: { onSignedIn?: () => void }) {
  const { api, enter } = useSession();

  async function send({ email = "", password = "" }) {
    const { account, failures } = await api.signIn(email, password);
    enter(account, failures);
    onSignedIn?.();
  }

  return (
    <Form className="card" label="Sign in" submit="Sign in" send={send}>
      <Field name="email" label="Email address" type="email" autoComplete="username" />
      <Field name="password" label="Password" type="password" autoComplete="current-password" />
    </Form>
  );
}

export function SignIn() {
  const { who } = useSession();
  const wanted = useSearchParams().get("next");
  const register = wanted ? `/register?${new URLSearchParams({ next: wanted })}` : "/register";
  const ended = who.phase === "ready" && !who.value.account && who.value.why === "ended";

  return (
    <div className="narrow">
      <div className="intro">
        <Heading>Sign in</Heading>
        {wanted && (
          <p className="notice" role="status">
            {ended ? "Your session has ended. Sign in to continue where you were." : "Sign in to see that page."}
          </p>
        )}
        <p>
          No account yet? <SiteLink href={register}>Create one</SiteLink>. Forgot your password? Ask an administrator
          for a link to set a new one.
        </p>
      </div>
      <SignedOut>
        <SignInForm />
      </SignedOut>
    </div>
  );
}
