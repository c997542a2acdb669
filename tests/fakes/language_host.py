"""A stand-in for `pulumi-language-python`, which Pulumi starts for an import too, and only real installations have.

It knows no packages and runs no program. `write_language_host` puts it into a folder that is then on PATH.
"""

import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc

from conducky.repository import ROOT
from tests.fakes.script import write_script


def write_language_host(folder: Path) -> None:
    """Put it into this folder."""
    script = f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m tests.fakes.language_host\n'
    write_script(folder / "pulumi-language-python", script)


def _refuse() -> None:
    raise AssertionError("no program is run by this language host")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # As the real one, it ends without a word
    server = grpc.server(ThreadPoolExecutor())
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageServer(_refuse), server)
    sys.stdout.write(f"{server.add_insecure_port('127.0.0.1:0')}\n")  # Where Pulumi finds it
    sys.stdout.flush()
    server.start()
    threading.Event().wait()
