"""`conducky database rotate-password`: its steps, wherever it was interrupted, and the login on Postgres."""

import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conducky.errors import UserError
from conducky.naming import ROTATION_LOGIN, Names
from conducky.operations.database import rotation
from conducky.operations.database.connection import Connection
from conducky.operations.database.login import RotationLogin
from conducky.operations.database.rotation import Rotation
from conducky.operations.deployments import Deployments
from conducky.operations.target import Target
from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.processes.run_folder import RunFolder
from tests.fakes.aws_api import ACCOUNT, REGION

NOW, LATER = "fake-password-1", "fake-password-2"


class InterruptedError(Exception):  # noqa: A001  # of this test
    """The terminal was closed."""


@dataclass
class Stack:
    """What platform, the tasks and the database have; every deployment checks that tasks can sign in."""

    setting: bool = False
    master: str = NOW
    url: tuple[str, str] = ("conducky", NOW)
    tasks: tuple[str, str] = ("conducky", NOW)
    login: str | None = None
    steps: list[str] = field(default_factory=list[str])
    interrupt: int = 99  # before this step
    fail: int = 99  # at this step

    def takes(self, user: str, password: str) -> bool:
        return password == (self.master if user == "conducky" else self.login)

    def step(self, what: str) -> None:
        if len(self.steps) == self.interrupt:
            self.interrupt = 99
            raise InterruptedError
        self.steps.append(what)

    def set(self, _layer: str, settings: dict[str, str | None]) -> None:
        self.step(f"set {settings}")
        self.setting = settings["databasePasswordRotation"] == "true"

    def up(self, layer: str, *, replace: Sequence[str] = ()) -> int:
        self.step(f"up {layer}")
        if len(self.steps) - 1 == self.fail:
            self.fail = 99
            return 255
        if layer == "services":
            self.tasks = self.url
        else:
            self.master = LATER if replace else self.master
            self.url = (ROTATION_LOGIN if self.setting else "conducky", self.master)
        assert self.takes(*self.tasks), "tasks cannot sign in"
        assert self.takes(*self.url), "new tasks cannot sign in"
        return 0


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    made = Stack()

    @dataclass
    class Login:
        connection: Any

        def exists(self) -> bool:
            return made.login is not None

        def has_the_present_password(self) -> bool:
            return made.login == made.url[1]

        def create(self) -> None:
            made.step("create")
            made.login = made.url[1]

        def drop(self) -> None:
            made.step("drop")
            made.login = None
            assert made.takes(*made.tasks), "tasks cannot sign in"

    @contextmanager
    def connected(_target: Target) -> Generator[None]:
        assert made.takes(*made.url)
        yield

    monkeypatch.setattr(rotation, "RotationLogin", Login)
    monkeypatch.setattr(rotation, "connected", connected)
    monkeypatch.setattr(rotation, "require_plugin", lambda: None)
    return made


def rotate(stack: Stack, *, agreed: bool = True) -> tuple[int, list[str]]:
    notes: list[str] = []
    target = Target("dev", Names("conducky", "dev"), REGION, ACCOUNT)
    deployments: Any = stack
    return Rotation(target, notes.append, lambda _question: agreed, deployments).run(), notes


def rotated(stack: Stack) -> bool:
    return (stack.master, stack.url, stack.tasks, stack.login, stack.setting) == (
        LATER,
        ("conducky", LATER),
        ("conducky", LATER),
        None,
        False,
    )


def test_its_two_steps_in_each_of_which_the_backend_can_sign_in(stack: Stack) -> None:
    assert rotate(stack)[0] == 0
    assert stack.steps == [
        "create",
        "set {'databasePasswordRotation': 'true'}",
        "up platform",
        "up services",
        "set {'databasePasswordRotation': None}",
        "up platform",
        "up services",
        "drop",
    ]
    assert rotated(stack)


@pytest.mark.parametrize("step", range(8))
def test_interrupted_before_any_step_it_finishes_when_it_is_run_again(stack: Stack, step: int) -> None:
    stack.interrupt = step
    with pytest.raises(InterruptedError):
        rotate(stack)
    assert rotate(stack)[0] == 0
    assert rotated(stack)


@pytest.mark.parametrize("step", [2, 3, 5, 6])
def test_a_deployment_that_fails_ends_it_and_it_finishes_when_it_is_run_again(stack: Stack, step: int) -> None:
    stack.fail = step
    code, notes = rotate(stack)
    assert code == 255
    assert "run this again to finish" in notes[-1]
    assert rotate(stack)[0] == 0
    assert rotated(stack)


def test_a_password_that_changed_without_the_connection_string_is_finished_by_pulumi(stack: Stack) -> None:
    """The `up` that replaces it failed in between: Pulumi's state has the new password already."""
    stack.login = NOW
    stack.tasks = stack.url = (ROTATION_LOGIN, NOW)
    stack.master = LATER
    assert rotate(stack)[0] == 0
    assert stack.steps == ["up platform", "up services", "drop"]
    assert rotated(stack)


def test_without_consent_nothing_changes(stack: Stack) -> None:
    with pytest.raises(UserError, match="nothing was changed"):
        rotate(stack, agreed=False)
    assert stack.steps == []


def test_the_password_is_replaced_by_its_name_in_the_state(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    replaced: list[str] = []

    def up(layer: str, *, replace: Sequence[str] = ()) -> int:
        replaced.extend(replace)
        return Stack.up(stack, layer, replace=replace)

    monkeypatch.setattr(stack, "up", up)
    rotate(stack)
    (urn,) = replaced
    assert urn.startswith("urn:pulumi:dev::conducky-platform::conducky:platform:Database$")
    assert urn.endswith("$random:index/randomPassword:RandomPassword::database")


def test_pulumi_gets_the_name_as_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conducky.operations.deployments.PulumiCli", lambda selection, _root: selection)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    asked: list[Any] = []

    def deploy(pulumi: Any, options: Sequence[str]) -> int:  # noqa: ANN401
        asked.append((pulumi.layer, list(options)))
        return 0

    target = Target("dev", Names("conducky", "dev"), REGION, ACCOUNT)
    assert Deployments(target, deploy).up("platform", replace=["urn:a"]) == 0
    assert asked == [("platform", ["--replace", "urn:a"])]


@pytest.fixture(scope="module")
def connection() -> Generator[Connection]:
    """A database as RDS has it, on a real server."""
    parent = Path(tempfile.mkdtemp(prefix="conducky-tests-")).resolve()
    parent.chmod(0o777)
    with RunFolder.create(parent) as folder:
        authority = CertificateAuthority.create(folder.path / "ca")
        server = PostgresServer(
            folder,
            name="db",
            username="conducky",
            password=NOW,
            database="conducky",
            parameters={},
            certificate=authority,
            progress=lambda _line: None,
        )
        yield Connection("localhost", server.port, "conducky", "conducky", authority.bundle, NOW)
        server.stop()
    shutil.rmtree(parent)


def signed_in(connection: Connection, user: str) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(
        host=connection.host,
        port=connection.port,
        user=user,
        password=connection.password,
        dbname=connection.name,
        sslmode="verify-full",
        sslrootcert=str(connection.certificates),
        autocommit=True,
    )


@pytest.mark.engine
def test_what_the_second_login_creates_belongs_to_the_owner_and_it_goes_without_a_trace(connection: Connection) -> None:
    login = RotationLogin(connection)
    login.drop()
    assert (login.exists(), login.has_the_present_password()) == (False, False)
    login.create()
    login.create()
    assert (login.exists(), login.has_the_present_password()) == (True, True)
    with signed_in(connection, ROTATION_LOGIN) as session:
        session.execute("CREATE TABLE eggs (name text)")
        owner = session.execute("SELECT tableowner, current_user FROM pg_tables WHERE tablename = 'eggs'").fetchone()
        assert owner == ("conducky", "conducky")
    again = RotationLogin(replace(connection, user=ROTATION_LOGIN))
    assert again.exists()
    again.create()
    login.drop()
    assert not login.exists()
    with signed_in(connection, "conducky") as session:
        session.execute("DROP TABLE eggs")


@pytest.mark.engine
def test_a_login_with_another_password_is_told_apart(connection: Connection) -> None:
    login = RotationLogin(connection)
    login.create()
    with signed_in(connection, "conducky") as session:
        session.execute(f"ALTER ROLE {ROTATION_LOGIN} PASSWORD 'fake-other-password'")
    assert (login.exists(), login.has_the_present_password()) == (True, False)
    login.drop()


@pytest.mark.engine
def test_a_database_that_refuses_is_said_without_the_password(connection: Connection) -> None:
    with pytest.raises(UserError, match="the database refuses") as caught:
        RotationLogin(replace(connection, password="fake-wrong-password")).exists()
    assert "fake-wrong-password" not in str(caught.value)
