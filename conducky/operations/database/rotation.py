"""`conducky database rotate-password`: another password in two steps, in each of which the backend can sign in.

1. A second login gets the present password, and the backend moves to it.
2. Pulumi gives the database another password, the backend moves back, and the second login goes.

Run again after an interruption, it finishes what was begun: what the database and the connection string say decides.
"""

from typing import Final

from conducky.operations.database.connection import connected
from conducky.operations.database.login import RotationLogin
from conducky.operations.deployments import Change
from conducky.operations.session import require_plugin

_SETTING: Final = "databasePasswordRotation"
_URN: Final = (
    "urn:pulumi:{stack}::conducky-platform::conducky:platform:Database$random:index/randomPassword:RandomPassword"
    "::database"
)


class _FailedError(Exception):
    """A deployment failed with this exit code, and has said why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Rotation(Change):
    """One rotation."""

    def run(self) -> int:
        """Change the password; returns 0, or the exit code of the deployment that failed.

        Raises:
            UserError: when something is missing here, the person does not agree, AWS or the database refuses.
        """
        if not self.target.rehearsal:
            require_plugin()
        begun, same = self._state()
        self.ask("Finish the rotation that was begun?" if begun else "Change the password?")
        try:
            if begun:
                # Whatever it was interrupted in: Pulumi finishes it first, and then it shows how far it came.
                self._up("platform")
                same = self._state()[1]
            if not begun or same:
                self._move_to_the_login()
                self._replace_the_password()
            self._finish()
        except _FailedError as failed:
            self.note("the backend still signs in. Fix the cause, and run this again to finish")
            return failed.code
        self.note("done: the database has another password, and the earlier one is of no use any more")
        return 0

    def _move_to_the_login(self) -> None:
        self.note("step 1 of 2: the backend moves to a second login with the present password")
        with connected(self.target) as connection:
            RotationLogin(connection).create()
        self.deployments.set("platform", {_SETTING: "true"})
        self._up("platform")
        self._up("services")

    def _replace_the_password(self) -> None:
        self.note("step 2 of 2: the database gets another password, and the backend moves back")
        self.deployments.set("platform", {_SETTING: None})
        self._up("platform", _URN.format(stack=self.target.stack))

    def _finish(self) -> None:
        self._up("services")
        with connected(self.target) as connection:
            RotationLogin(connection).drop()

    def _state(self) -> tuple[bool, bool]:
        """Whether a rotation was begun, and whether the second login has the backend's present password."""
        with connected(self.target) as connection:
            login = RotationLogin(connection)
            return (True, login.has_the_present_password()) if login.exists() else (False, False)

    def _up(self, layer: str, *replace: str) -> None:
        if code := self.deployments.up(layer, replace=replace):
            raise _FailedError(code)
