"""`conducky credentials create`, `rotate` and `revoke`, run by an AWS admin.

A key's secret is in this process, and then where it is stored: never in Pulumi's state, a log, an error or the
arguments of a command.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from conducky.credentials.access_keys import MOST_KEYS, AccessKey, DoesNotWorkError, NewKey, UserKeys, admin_session
from conducky.credentials.destinations import Destination, NotStoredError
from conducky.errors import UserError, quoted
from conducky.naming import Names
from conducky.settings.schema import BootstrapSettings
from conducky.terminal import ask, is_interactive, say


@dataclass(frozen=True)
class Deployer:
    """The only user that these commands change: the deployer of one stack."""

    stack: str
    keys: UserKeys
    console: Console

    @classmethod
    def of(cls, stack: str, settings: BootstrapSettings, console: Console) -> "Deployer":
        """The stack's deployer in this account. Raises UserError unless its admin asks, and bootstrap is deployed."""
        name = Names(settings.project_name, stack).of("deployer")
        session, account = admin_session()
        settings.refuse_another_account(stack, account)
        keys = UserKeys(name, f"arn:aws:iam::{account}:user/{name}", session)
        if not keys.exists():
            raise UserError(
                f"there is no user `{name}` in account {account}",
                f"run `make deploy LAYER=bootstrap STACK={stack}` first",
            )
        return cls(stack, keys, console)

    def command(self, arguments: str) -> str:
        """One of these commands, as a message shows it."""
        return f'`make credentials STACK={self.stack} ARGS="{arguments}"`'

    def say(self, line: str) -> None:
        """Print a line to the person, apart from what a script reads."""
        say(self.console, line)


def create(deployer: Deployer, destination: Destination) -> None:
    """Create a key, test it, store it. Raises UserError, which says what exists, when there are two or a step fails."""
    destination.check()
    _refuse_a_third(deployer, deployer.keys.all())
    key = _working_key(deployer, "create")
    _store(deployer, key, destination, "create")


def rotate(deployer: Deployer, destination: Destination) -> None:
    """Replace the only key; the old one goes once the new one is stored. Raises UserError, which says what exists."""
    destination.check()
    found = deployer.keys.all()
    _refuse_a_third(deployer, found)
    if not found:
        raise UserError(f"{deployer.keys.user} has no key to rotate", f"run {deployer.command('create')}")
    (old,) = found
    key = _working_key(deployer, "rotate")
    _store(deployer, key, destination, "rotate")
    if destination.is_store or _confirmed(deployer, old):
        _replace(deployer, old, key)
    else:
        deployer.say(
            f"The old key {old.id} still works. Once the new key is in use, run {deployer.command(f'revoke {old.id}')}"
        )


def revoke(deployer: Deployer, key_id: str | None) -> None:
    """Deactivate a key and delete it. Raises UserError, with a list, when no key of this user's was given."""
    found = deployer.keys.all()
    if not found:
        raise UserError(f"{deployer.keys.user} has no key", f"run {deployer.command('create')} to create one")
    if key_id is None or key_id not in {key.id for key in found}:
        user = deployer.keys.user
        wrong = "no key was given" if key_id is None else f"{quoted(key_id)} is not a key of {user}"
        raise UserError(
            f"{wrong}; {user} has {_in_words(found)}",
            f"run {deployer.command(f'revoke {_least_used(found).id}')}, or with the id of another key",
        )
    deployer.keys.activate(key_id, active=False)
    with _also_saying(f"{key_id} is deactivated but not deleted", deployer.command(f"revoke {key_id}")):
        deployer.keys.delete(key_id)
    left = [key for key in found if key.id != key_id]
    deployer.say(f"✓ {key_id} is deleted; {deployer.keys.user} has {_in_words(left)}")


def _refuse_a_third(deployer: Deployer, found: list[AccessKey]) -> None:
    if len(found) >= MOST_KEYS:
        raise UserError(
            f"{deployer.keys.user} already has two keys, and AWS allows no more ({_in_words(found)})",
            f"run {deployer.command(f'revoke {_least_used(found).id}')} if that one is not in use, then this again",
        )


def _least_used(found: list[AccessKey]) -> AccessKey:
    return min(found, key=lambda key: (key.active, key.used or key.created))


def _working_key(deployer: Deployer, verb: str) -> NewKey:
    """A new key that AWS accepts; one that it does not accept is deleted again, as nobody has seen its secret."""
    with _also_saying("a key may exist whose secret is lost", deployer.command("revoke") + " to list the keys"):
        key = deployer.keys.create()
    deployer.say(f"» {key.id} is created for {deployer.keys.user}; waiting until it works everywhere")
    try:
        deployer.keys.prove(key)
    except DoesNotWorkError as error:
        _discard(deployer, key)
        raise UserError(
            f"the new key {key.id} did not work within a minute ({error}) and was deleted; nothing else was changed",
            f"run {deployer.command(verb)} again with the same options",
        ) from None
    except BaseException:  # a signal
        _discard(deployer, key)
        deployer.say(f"{key.id} was deleted again")
        raise
    return key


def _discard(deployer: Deployer, key: NewKey) -> None:
    with _also_saying(f"the new key {key.id} exists, but its secret is lost", deployer.command(f"revoke {key.id}")):
        deployer.keys.delete(key.id)


def _store(deployer: Deployer, key: NewKey, destination: Destination, verb: str) -> None:
    exists = f"the new key {key.id} works but may not have been stored; existing keys are unchanged"
    fix = f"run {deployer.command(f'revoke {key.id}')}, then {deployer.command(verb)} with the same options"
    try:
        where = destination.store(key)
    except NotStoredError as error:
        raise UserError(f"GitHub did not store both halves of the key ({error}); {exists}", fix) from None
    except BaseException:  # a signal, or a terminal that went away
        deployer.say(f"{exists}: {fix}")
        raise
    deployer.say(f"✓ {key.id} works, and is {where}")


def _confirmed(deployer: Deployer, old: AccessKey) -> bool:
    """Whether a person confirms that the new key is in use."""
    question = f"Put the new key where it is used, then type the old key's id ({old.id}) to delete that one: "
    return is_interactive() and ask(deployer.console, question) == old.id


def _replace(deployer: Deployer, old: AccessKey, key: NewKey) -> None:
    """Deactivate the old key, test that the new one works without it, and only then delete the old one."""
    command = deployer.command(f"revoke {old.id}")
    with _also_saying(f"the new key {key.id} works and is stored, and the old one {old.id} still works", command):
        deployer.keys.activate(old.id, active=False)
    try:
        deployer.keys.prove(key)
    except DoesNotWorkError as error:
        with _also_saying(f"the new key {key.id} stopped working, and the old one {old.id} is deactivated", command):
            deployer.keys.activate(old.id, active=True)
        raise UserError(
            f"the new key {key.id} stopped working ({error}), so the old one {old.id} was activated again",
            f"run {deployer.command(f'revoke {key.id}')}, then this again",
        ) from None
    with _also_saying(f"the new key {key.id} works and is stored, and the old one {old.id} is deactivated", command):
        deployer.keys.delete(old.id)
    deployer.say(f"✓ {old.id} is deleted")


@contextmanager
def _also_saying(exists: str, command: str) -> Generator[None]:
    """Add to a failure what exists now, and the command that cleans it up."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{error.problem}; {exists}", f"{error.fix}, then run {command}") from None


def _in_words(found: list[AccessKey]) -> str:
    return " and ".join(map(str, found)) or "no key now"
