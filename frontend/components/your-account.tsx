"use client";

import type { BrowserSession } from "@/lib/model";
import { useAction } from "@/lib/use-action";
import { useAnswer } from "@/lib/use-answer";
import { validateNewPassword } from "@/lib/validation";
import { describeAgent, ROLE_NAMES } from "@/lib/words";
import { Failure } from "./failure";
import { Field, NewPasswordField } from "./field";
import { Form } from "./form";
import { Heading } from "./heading";
import { Loading } from "./loading";
import { Outcome } from "./outcome";
import { useSession } from "./session";
import { useAccount } from "./signed-in";
import { Time } from "./time";

function Password({ onChanged }: { onChanged: () => void }) {
  const { api, forgetFailures } = useSession();
  const { email } = useAccount();
  const { run, outcome } = useAction();

  async function send({ current = "", password = "" }) {
    await api.changePassword({ current, password });
    await run(async () => "Your password is changed, and you are signed out everywhere else.");
    forgetFailures();
    onChanged();
  }

  return (
    <section className="card stack" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <Form label="Change of password" submit="Change password" check={validateNewPassword} send={send} reusable>
        <input autoComplete="username" value={email} readOnly hidden />
        <Field name="current" label="Current password" type="password" autoComplete="current-password" />
        <NewPasswordField label="New password" />
      </Form>
      <Outcome outcome={outcome} />
    </section>
  );
}

function SessionRow({ session: { since, address, agent, current } }: { session: BrowserSession }) {
  return (
    <li>
      <strong>{describeAgent(agent)}</strong>
      {current && " (this one)"}
      <p className="hint">
        {since ? (
          <>
            Signed in <Time value={since} />
          </>
        ) : (
          "Signed in before the last update"
        )}
        {address && ` from ${address}`}
      </p>
    </li>
  );
}

/** Who one is here, one's password, and where one is signed in. */
export function YourAccount() {
  const { api, leave } = useSession();
  const account = useAccount();
  const { answer, retry } = useAnswer(api.sessions);
  const { run, outcome } = useAction();
  return (
    <>
      <div className="intro">
        <Heading>Your account</Heading>
        <p>
          {account.name} · {account.email} · {ROLE_NAMES[account.role]}
        </p>
      </div>
      <div className="columns">
        <Password onChanged={retry} />
        <section className="card stack" aria-labelledby="sessions">
          <h2 id="sessions">Where you are signed in</h2>
          {answer.phase === "loading" && <Loading />}
          {answer.phase === "error" && <Failure message={answer.error.message} onRetry={retry} />}
          {answer.phase === "ready" && (
            <ul className="rows">
              {answer.value.items.map((session, index) => (
                <SessionRow key={index} session={session} />
              ))}
            </ul>
          )}
          <button type="button" className="quiet" onClick={() => run(() => leave(true))}>
            Sign out everywhere
          </button>
          <Outcome outcome={outcome} />
        </section>
      </div>
    </>
  );
}
