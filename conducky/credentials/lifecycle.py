"""`conducky credentials create`, `rotate` and `revoke`, run by an admin.

A key's secret is in this process, and then where it is kept: never in Pulumi's state, a log, an error or the words of a
command.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from conducky.credentials.access_keys import MOST_KEYS, AccessKey, DoesNotWorkError, NewKey, UserKeys, admin_session
from conducky.credentials.destinations import Destination, NotKeptError
from conducky.errors import UserError, quoted
from conducky.naming import Names
from conducky.settings.schema import BootstrapSettings


@dataclass(frozen=True)
class Deployer:
    """The only user that these commands touch: the deployer of one stack."""

    stack: str
    keys: UserKeys
    console: Console

    @classmethod
    def of(cls, stack: str, settings: BootstrapSettings, console: Console) -> "Deployer":
        """The deployer of a stack, in the account of these credentials.

        Raises:
            UserError: there are no credentials, they are another account's or no admin's, or bootstrap was not run.
        """
        name = Names(settings.project_name, stack).of("deployer")
        session, account = admin_session()
        settings.refuse_another_account(stack, account)
        keys = UserKeys(name, f"arn:aws:iam::{account}:user/{name}", session)
        if not keys.exists():
            raise UserError(
                f"there is no user `{name}` in account {account}: run `make deploy LAYER=bootstrap STACK={stack}` first"
            )
        return cls(stack, keys, console)

    def command(self, words: str) -> str:
        """A command of this family, as a sentence shows it."""
        return f'`make credentials STACK={self.stack} ARGS="{words}"`'

    def say(self, line: str) -> None:
        """Tell the person, beside what a script reads."""
        self.console.print(Text(line), soft_wrap=True)


def create(deployer: Deployer, destination: Destination) -> int:
    """Make a key, see it work, and keep it.

    Raises:
        UserError: there are two already, or something failed; the sentence says what exists then.
    """
    destination.check()
    _refuse_a_third(deployer, deployer.keys.all())
    key = _working_key(deployer, "create")
    _keep(deployer, key, destination, "create")
    return 0


def rotate(deployer: Deployer, destination: Destination) -> int:
    """Put a new key in the place of the only one, which goes when the new one works and is kept.

    Raises:
        UserError: there is none or a second one, or something failed; the sentence says what exists then.
    """
    destination.check()
    found = deployer.keys.all()
    _refuse_a_third(deployer, found)
    if not found:
        raise UserError(f"{deployer.keys.user} has no key to change: run {deployer.command('create')}")
    (old,) = found
    key = _working_key(deployer, "rotate")
    _keep(deployer, key, destination, "rotate")
    if not destination.is_kept and not _confirmed(deployer, old):
        deployer.say(
            f"{old.id} still works too: when the new key is in use, run {deployer.command(f'revoke {old.id}')}"
        )
        return 0
    _replace(deployer, old, key)
    return 0


def revoke(deployer: Deployer, key_id: str | None) -> int:
    """Switch a key off and delete it.

    Raises:
        UserError: no key was named, or none of this user's; the sentence lists them.
    """
    found = deployer.keys.all()
    if not found:
        raise UserError(f"{deployer.keys.user} has no key: make one with {deployer.command('create')}")
    if key_id is None or key_id not in {key.id for key in found}:
        user = deployer.keys.user
        wrong = f"no key was named: {user}" if key_id is None else f"{quoted(key_id)} is no key of {user}, which"
        raise UserError(
            f"{wrong} has {_in_words(found)}: run {deployer.command(f'revoke {_least_used(found).id}')}, or with the "
            "one that you mean"
        )
    deployer.keys.switch(key_id, on=False)
    with _telling(f"{key_id} is switched off and not deleted", deployer.command(f"revoke {key_id}")):
        deployer.keys.delete(key_id)
    left = [key for key in found if key.id != key_id]
    deployer.say(f"✓ {key_id} is deleted; {deployer.keys.user} has {_in_words(left)}")
    return 0


def _refuse_a_third(deployer: Deployer, found: list[AccessKey]) -> None:
    if len(found) >= MOST_KEYS:
        raise UserError(
            f"{deployer.keys.user} has two keys already, as many as AWS allows: {_in_words(found)}; run "
            f"{deployer.command(f'revoke {_least_used(found).id}')} if that one is not in use, and then this again"
        )


def _least_used(found: list[AccessKey]) -> AccessKey:
    return min(found, key=lambda key: (key.active, key.used or key.made))


def _working_key(deployer: Deployer, verb: str) -> NewKey:
    """A new key that AWS has taken; one that it does not take is deleted again, for nobody has seen it."""
    with _telling("a key may have been made whose secret is lost", deployer.command("revoke") + " to see them"):
        key = deployer.keys.create()
    deployer.say(f"» {key.id} is made for {deployer.keys.user}; waiting until AWS knows it everywhere")
    try:
        deployer.keys.prove(key)
    except DoesNotWorkError as error:
        _discard(deployer, key)
        raise UserError(
            f"the new key {key.id} did not work within a minute ({error}) and was deleted again; nothing else was "
            f"touched: run {deployer.command(verb)} again with the same options"
        ) from None
    except BaseException:  # a signal
        _discard(deployer, key)
        deployer.say(f"{key.id} was deleted again")
        raise
    return key


def _discard(deployer: Deployer, key: NewKey) -> None:
    with _telling(f"the new key {key.id} exists, and its secret is lost", deployer.command(f"revoke {key.id}")):
        deployer.keys.delete(key.id)


def _keep(deployer: Deployer, key: NewKey, destination: Destination, verb: str) -> None:
    exists = (
        f"{key.id} exists, works, and is kept for certain nowhere; any older key is untouched: run "
        f"{deployer.command(f'revoke {key.id}')}, then {deployer.command(verb)} with the same options"
    )
    try:
        where = destination.keep(key)
    except NotKeptError as error:
        raise UserError(f"GitHub did not take both halves of the new key ({error}); {exists}") from None
    except BaseException:  # a signal, or a terminal that went away
        deployer.say(exists)
        raise
    deployer.say(f"✓ {key.id} works, and is {where}")


def _confirmed(deployer: Deployer, old: AccessKey) -> bool:
    """Whether a person says that the new key is in its place."""
    if not _somebody_answers():
        return False
    question = f"Put it where it is used; then type the old key's id ({old.id}) to delete that one: "
    try:
        return deployer.console.input(Text(question)).strip() == old.id
    except EOFError:
        return False


def _somebody_answers() -> bool:
    return bool(sys.stdin and sys.stdin.isatty())


def _replace(deployer: Deployer, old: AccessKey, key: NewKey) -> None:
    """Switch the old key off, see that the new one does without it, and only then delete the old one."""
    mend = deployer.command(f"revoke {old.id}")
    with _telling(f"the new key {key.id} works and is kept, and the old one {old.id} still works", mend):
        deployer.keys.switch(old.id, on=False)
    try:
        deployer.keys.prove(key)
    except DoesNotWorkError as error:
        with _telling(f"the new key {key.id} stopped working, and {old.id} is switched off", mend):
            deployer.keys.switch(old.id, on=True)
        raise UserError(
            f"the new key {key.id} stopped working ({error}), so the old one {old.id} was switched on again: run "
            f"{deployer.command(f'revoke {key.id}')}, then this again"
        ) from None
    with _telling(f"the new key {key.id} works and is kept, and the old one {old.id} is switched off", mend):
        deployer.keys.delete(old.id)
    deployer.say(f"✓ {old.id} is deleted")


@contextmanager
def _telling(exists: str, mend: str) -> Generator[None]:
    """Add to a failure what exists now, and the command that mends it."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{error}; {exists}: run {mend}") from None


def _in_words(found: list[AccessKey]) -> str:
    return " and ".join(map(str, found)) or "no key now"
