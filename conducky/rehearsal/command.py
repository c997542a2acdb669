"""`conducky rehearse`: from nothing to a running, checked application, and back to nothing."""

from pathlib import Path

from rich.console import Console

from conducky.engine.ensure import ensure_engine
from conducky.errors import UserError
from conducky.rehearsal.disk import LEAST_MB, scarce
from conducky.rehearsal.images.node import use_node
from conducky.rehearsal.processes.run_folder import check_parent, sweep
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.report import Display
from conducky.rehearsal.session import Options, Session
from conducky.repository import with_lines
from conducky.settings.offline import settings_of
from conducky.settings.schema import ALL_SETTINGS
from conducky.settings.services import ServicesSettings
from conducky.signals import Interrupted, Interruption

_SIGNAL_EXIT = 128


def rehearse(options: Options, console: Console) -> int:
    """Run a rehearsal; returns the exit code.

    0: healthy (and with `once`, removed again); 1: a layer or a check failed; 128 + n: ended by signal n before it was
    healthy. Raises UserError when something on your computer or in the stack files has to be fixed first.
    """
    settings = check_settings(options)
    use_node()
    _check_writable(options.json_file)
    check_parent()
    sweep()
    if full := scarce(LEAST_MB):
        raise full
    interruption, display = Interruption(), Display(console)
    display.phase("engine")
    engine = ensure_engine(display.step, display.wait)
    with interruption.installed():
        try:
            with Rehearsal(
                options.stack,
                engine=engine,
                port=options.port,
                progress=display.step,
                root=options.root,
                runtime=options.runtime,
                develop={"frontend": settings.frontend, "backend": settings.backend} if options.develop else None,
            ) as rehearsal:
                rehearsal.account.say = display.said
                for name, count in (("frontend", settings.frontend_count), ("backend", settings.backend_count)):
                    if options.develop and count > 1:  # Two servers would be in each other's way in one folder
                        rehearsal.layer("services").set_config(f"{name}Count", "1")
                return Session(options, rehearsal, display, interruption).run()
        except Interrupted as signal:
            display.end()
            console.print(f"ended by {signal}; nothing is left running", highlight=False)
            return _SIGNAL_EXIT + signal.number
        finally:
            display.end()


def check_settings(options: Options) -> ServicesSettings:
    """The settings of services, once those of all layers were read, before anything is created.

    Raises:
        UserError: one is wrong.
    """
    try:
        for kind in ALL_SETTINGS:
            settings_of(kind, options.stack, options.root)
        return settings_of(ServicesSettings, options.stack, options.root)
    except UserError as error:
        raise UserError(error.problem, with_lines(error.fix, options.stack, options.root)) from None


def _check_writable(file: Path | None) -> None:
    """Before minutes of work: the file of `--json-file` can be written."""
    if file and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise UserError(
            f"`--json-file {file}` does not name a file in an existing folder", "choose another, such as `out.json`"
        )
