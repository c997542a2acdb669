"""A RUN of a Dockerfile as a local command in the folder that is the image's `/`.

Its home, npm's prefix, settings and cache, and its temporary folder are in the image or in the run folder. It is not a
sandbox: a program that it starts can use any path of the computer that its user can.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from conducky.errors import UserError
from conducky.rehearsal.images.run_rule import SYSTEM_CACHES, NotHereError, apply_rule
from conducky.rehearsal.images.stage import NEEDS_ENGINE, Run
from conducky.rehearsal.images.store import path_below

_HOST_VARIABLES = re.compile(
    r"PATH|LANG|CI|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|(?!npm_config_|NPM_CONFIG_)\w+_(proxy|PROXY)"
)
# How npm reaches its registry. Others, such as `omit`, would build here what `docker build` does not
_NPM_NETWORK = re.compile(
    r"npm_config_(registry|ca|cafile|cert|key|strict_ssl|(https?_|no_?)?proxy|fetch_\w+|maxsockets|(prefer_)?(on|off)line)",
    re.IGNORECASE,
)
# Tools act on these by themselves, so a path of the image in them must not reach the same path of your computer
_PATH_VARIABLES = re.compile(
    r"HOME|TMPDIR|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|npm_config_\w+|NPM_CONFIG_\w+|XDG_\w+|GIT_CONFIG_GLOBAL|NODE_PATH"
    r"|COREPACK_HOME|PNPM_HOME|YARN_CACHE_FOLDER|BUN_INSTALL"
)
_CLIMBING = re.compile(r"[\w./@-]*\.\.(?:/[\w./@-]*)?(?![\w.])")
ABSOLUTE = re.compile(r"(?<![\w.$~@%*?+#/})\]-])(?<!:(?=//))/[^\s'\"`;&|<>()$,:]*")
_DEVICES = re.compile(r"/dev/(null|zero|full|u?random|tty|std(in|out|err)|fd/\d+)|/proc/.*")
PROGRAM_FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin")
_SYSTEM_FOLDERS = ("bin", "etc", "lib", "lib64", "opt", "sbin", "usr", "var")
_UNUSUAL = re.compile(r"[^\w./@+-]")
_HOMES = {"": "/root", "0": "/root", "root": "/root", "1000": "/home/node", "node": "/home/node"}


def host_environment() -> dict[str, str]:
    """Those of this process's own variables that a RUN may see: none that leads into the person's home."""
    return {
        key: value for key, value in os.environ.items() if _HOST_VARIABLES.fullmatch(key) or _NPM_NETWORK.fullmatch(key)
    }


def home_of(user: str) -> str:
    """The home folder in the image of a Dockerfile's USER."""
    name = user.partition(":")[0]
    return _HOMES.get(name) or ("/" if name.isdigit() else f"/home/{name}")


class HostRun:
    """What a RUN becomes locally, where the image's `/` is the folder `root`: `ruled.script` and `variables`."""

    def __init__(
        self, step: Run, root: Path, where: str, host: Mapping[str, str], overrides: Mapping[str, str]
    ) -> None:
        self.root = root
        self.where = where
        try:
            self.ruled = apply_rule(step.script, step.environment)
        except NotHereError as error:
            raise self._error(str(error)) from None
        for match in _CLIMBING.finditer(self.ruled.script):
            if _leaves(match[0], step.workdir):
                raise self._error(f"{match[0]} leads out of the image's folder")
        own = {"HOME": str(path_below(root, home_of(step.owner))), "npm_config_prefix": str(root / "usr/local")}
        self.variables = {**host, **own, **step.environment, **overrides}
        for key, value in step.environment.items():
            if key not in overrides and value.startswith("/") and key != "PATH":
                self._translate_variable(key, value)
        if "PATH" not in overrides:
            self.variables["PATH"] = image_path(root, step.environment.get("PATH", ""), host.get("PATH", ""))
        self.command = [*step.shell, self._translated_script(self.ruled.script)]

    def _translate_variable(self, key: str, value: str) -> None:
        script = self.ruled.script
        if _PATH_VARIABLES.fullmatch(key):
            self.variables[key] = str(path_below(self.root, value))
        uses = [match.start() for match in re.finditer(rf"\$\{{?{re.escape(key)}\b", script)]
        if uses and not _PATH_VARIABLES.fullmatch(key):
            self.variables[key] = self._translated(value)
        # The shell would split such a path into words, and a command would reach other folders
        if _UNUSUAL.search(self.variables[key]) and not all(_is_quoted(script[:use]) for use in uses):
            raise UserError(f"{self.where}: the path in ${key} may contain blanks", f'write "${key}" with the quotes')

    def _error(self, problem: str) -> UserError:
        return UserError(f"{self.where}: {problem}", NEEDS_ENGINE)

    def _translated(self, path: str) -> str:
        """Where a path of the image is locally; a program or a device of your computer stays what it is."""
        if _DEVICES.fullmatch(path):
            return path
        local = path_below(self.root, path)
        known = Path(re.split(r"[*?\[]", path)[0] or "/")
        if os.path.lexists(local) or path.startswith(SYSTEM_CACHES) or path == "/":
            return str(local)
        if str(known.parent) in PROGRAM_FOLDERS and os.access(known, os.X_OK):
            return path
        top = path.strip("/").split("/")[0]
        if known.exists() and (top in _SYSTEM_FOLDERS or not (self.root / top).is_dir()):
            # The image has something there too, which is not here
            raise self._error(f"this RUN uses {path}, which would be your computer's own")
        return str(local)

    def _translated_script(self, script: str) -> str:
        result, end = "", 0
        for match in ABSOLUTE.finditer(script):
            path = self._translated(match[0])
            if path == match[0]:
                continue
            if _UNUSUAL.search(path) and _is_quoted(script[: match.start()]):
                raise self._error(f"{match[0]} inside quotes cannot be rehearsed in {self.root.parent.parent}")
            # Backslashes keep wildcards working, which quotes would not
            result += script[end : match.start()] + re.sub(r"([^\w./@+*?\[\]-])", r"\\\1", path)
            end = match.end()
        return result + script[end:]


def image_path(root: Path, wanted: str, host: str) -> str:
    """The search path in an image: its own folders, those of its standard path included, and then your computer's."""
    entries = [entry for entry in (*wanted.split(":"), "/usr/local/sbin", "/usr/local/bin") if entry.startswith("/")]
    own = [str(path_below(root, entry)) for entry in dict.fromkeys(entries)]
    return ":".join([*own, host] if host else own)


def _is_quoted(before: str) -> bool:
    quote = ""
    for char in re.sub(r"\\.", "", before):
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
    return quote != ""


def _leaves(path: str, workdir: str) -> bool:
    depth = 0 if path.startswith("/") else len(workdir.strip("/").split("/"))
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False
