"""A process of the rehearsal: it starts with exactly what it is given, and stops with everything that it started."""

import contextlib
import json
import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conducky.errors import UserError
from conducky.rehearsal.processes.records import Record, end, family

# Runs between fork and the real command. Popen alone cannot reset ignored signals, and would leave a moment in which a
# child runs that is recorded nowhere: this one waits for its orders and ends when they are incomplete, as they are when
# its owner dies. The environment is among the orders because Python adds to its own (LC_CTYPE in the C locale).
_LAUNCHER = """
import json, os, signal, sys
import warnings  # execvpe needs it, and the new user may be unable to read this interpreter's library
orders = sys.stdin.buffer.read()
if not orders.endswith(b"\\n"):
    sys.exit(1)
argv, env, user = json.loads(orders)
null = os.open(os.devnull, os.O_RDONLY)
os.dup2(null, 0)
os.close(null)
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_DFL)
    except OSError:
        pass
signal.pthread_sigmask(signal.SIG_SETMASK, [])
try:
    if user:
        name, uid, gid = user
        os.initgroups(name, gid) if name else os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.execvpe(argv[0], argv, env)
except OSError as error:
    print(f"cannot start {argv[0]}: {error.strerror}", file=sys.stderr, flush=True)
    os._exit(127)
"""


@dataclass
class ManagedProcess:
    """A child process in a session of its own, whose output is in `log`."""

    record: Record
    log: Path
    _popen: "subprocess.Popen[bytes]" = field(repr=False)

    @classmethod
    def launch(
        cls, name: str, *, cwd: Path, log: Path, stop_signal: signal.Signals = signal.SIGTERM
    ) -> "ManagedProcess":
        """A child that exists but waits for `begin`, so that it can be recorded before it does anything."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", _LAUNCHER],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={},
                umask=0o022,
                start_new_session=True,
            )
        record = Record.of(popen.pid, name=name, log=log, stop_signal=stop_signal)
        return cls(record, log, popen)

    def begin(self, command: Sequence[str], *, env: Mapping[str, str], run_as: str | int | None) -> None:
        """Let the child become `command`, with exactly this environment, as user `run_as` (only root can).

        The user is an account's name, or an id, which is its only group's too.
        A command that cannot be started ends with code 127, with the reason in the log.
        """
        user = (None, run_as, run_as) if isinstance(run_as, int) else None
        if isinstance(run_as, str):
            account = pwd.getpwnam(run_as)
            user = (account.pw_name, account.pw_uid, account.pw_gid)
        orders = json.dumps([[*command], dict(env), user]) + "\n"
        stdin = self._popen.stdin
        assert stdin is not None  # noqa: S101  # launch asks for the pipe
        with contextlib.suppress(BrokenPipeError), stdin:  # It was ended meanwhile
            stdin.write(orders.encode())

    @property
    def name(self) -> str:
        """The name it was started under."""
        return self.record.name

    @property
    def pid(self) -> int:
        """Its process id, which is its session's and group's too."""
        return self.record.pid

    def poll(self) -> int | None:
        """Its exit code (negative: ended by that signal), None while it runs."""
        return self._popen.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for it to end by itself; its exit code. Raises TimeoutError after `timeout` seconds."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"{self.name} still runs after {timeout} s") from error

    def wait_unless(self, stop: threading.Event, grace: float) -> int:
        """Wait for it to end; its exit code. Nothing of it is left in any case.

        Raises:
            UserError: `stop` was set; it then had `grace` seconds.
        """
        try:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    return self.wait(0.1)
            raise UserError("stopped")
        finally:
            self.stop(grace)

    def stop(self, timeout: float, sig: signal.Signals | None = None) -> int:
        """Send it `sig` (its own stop signal by default), and kill all of it after `timeout` seconds; its exit code."""
        # Now, because those with a session of their own cannot be found once it has ended.
        started = family([self.record])
        if self.poll() is None:
            self._popen.send_signal(sig or self.record.stop_signal)
            with contextlib.suppress(TimeoutError):
                self.wait(timeout)
        end([self.record], grace=0, known=started)
        return self._popen.wait()

    def tail(self, lines: int = 20) -> str:
        """The last lines of its log, at most 64 KiB."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 65536))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
