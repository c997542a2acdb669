"use client";

import { useCallback } from "react";
import type { Account } from "@/lib/model";
import { usePaged } from "@/lib/use-paged";
import { Heading } from "./heading";
import { Invitations } from "./invitations";
import { Member } from "./member";
import { PagedList } from "./paged-list";
import { useSession } from "./session";
import { useAccount } from "./signed-in";

/** Who has an account, and who is invited. */
export function Members() {
  const { api, enter } = useSession();
  const own = useAccount().id;
  const list = usePaged(useCallback((before?: string) => api.accounts(before), [api]));

  function changed(account: Account) {
    list.change((page) => ({ ...page, items: page.items.map((one) => (one.id === account.id ? account : one)) }));
    if (account.id === own) enter(account);
  }

  return (
    <>
      <div className="intro">
        <Heading>Members</Heading>
      </div>
      <div className="columns">
        <section className="card" aria-labelledby="accounts">
          <h2 id="accounts">Accounts</h2>
          <PagedList
            list={list}
            noun="account"
            empty="There are no accounts."
            row={(member) => <Member member={member} onChanged={changed} />}
          />
        </section>
        <Invitations />
      </div>
    </>
  );
}
