"""The one rule for the commands of a RUN: which are skipped, which are refused, and which run.

| what                                        | on a computer without a container engine                     |
|---------------------------------------------|--------------------------------------------------------------|
| prepares the operating system (apt-get, …)  | skipped: your computer's own is used                         |
| users and groups, ownership                 | skipped, and kept in mind for what a task may write          |
| cleaning caches                             | skipped: they are not in the image                           |
| the computer itself (sudo, mount, docker …) | refused                                                      |
| what cannot be read (eval, `… | sh`)        | refused                                                      |
| all else                                    | runs, with HOME, npm's prefix and its settings in the image  |
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from conducky.rehearsal.images.shell_script import Command, Word, commands

_SYSTEM = "the image's operating system"
_USERS = "users and groups"
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_OWNERS = "ownership"
_CACHES = "cleaning a cache"
_SKIPPED: dict[str, str] = {
    **dict.fromkeys(("apk", "apt", "apt-cache", "apt-get", "apt-key", "aptitude", "dnf", "dpkg"), _SYSTEM),
    **dict.fromkeys(("dpkg-reconfigure", "ldconfig", "locale-gen", "microdnf", "update-alternatives"), _SYSTEM),
    **dict.fromkeys(("update-ca-certificates", "yum", "add-apt-repository", "setcap"), _SYSTEM),
    **dict.fromkeys(("addgroup", "adduser", "chpasswd", "delgroup", "deluser", "gpasswd", "groupadd"), _USERS),
    **dict.fromkeys(("groupdel", "groupmod", "passwd", "useradd", "userdel", "usermod"), _USERS),
    **dict.fromkeys(("chgrp", "chown"), _OWNERS),
}
_CACHE_WORDS = {("npm", "cache"), ("yarn", "cache"), ("pnpm", "store"), ("pnpm", "cache"), ("bun", "pm")}
SYSTEM_CACHES = ("/var/lib/apt", "/var/cache", "/var/log")
_REFUSED = {
    *("buildah", "chroot", "crontab", "docker", "doas", "halt", "insmod", "iptables", "killall", "mknod", "modprobe"),
    *("mount", "nsenter", "pkill", "podman", "poweroff", "reboot", "service", "shutdown", "su", "sudo", "sysctl"),
    *("systemctl", "umount", "unshare"),
}
_SHELLS = ("ash", "bash", "dash", "sh", "zsh")
# What runs the command that follows its own options
_WRAPPERS = ("command", "env", "exec", "nice", "nohup", "setsid", "stdbuf", "timeout", "xargs")
_OPTION_OR_VALUE = re.compile(r"-.*|\w+=.*|\d+[smhd]?")
_ID_OPTION = re.compile(r"(?:-u|--uid)(?:[= ](\d+))?")


class NotHereError(Exception):
    """A command must not run on your computer; the message names it and says why."""


@dataclass
class Ruled:
    """What the rule made of a script: what to run, `skipped` (command and what it is for), and what it said of users.

    `users` are ids by name; `owners` are the user and the paths of each `chown`, with whether it is recursive.
    """

    script: str
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    users: dict[str, str] = field(default_factory=dict[str, str])
    owners: list[tuple[str, bool, tuple[str, ...]]] = field(default_factory=list[tuple[str, bool, tuple[str, ...]]])
    runs: bool = False


def apply_rule(script: str, variables: Mapping[str, str], *, piped: bool = False) -> Ruled:
    """The script, with its `variables`, without what is skipped. Raises NotHereError if a command must not run here.

    `piped` is whether its input is another command's output.
    """
    ruled = Ruled(script)
    replaced: list[tuple[int, int, str]] = []
    for command in commands(script, piped=piped):
        words = _looked_through(command.words, variables)
        name = PurePosixPath(words[0].text).name if words else ""
        if reason := _skip_reason(name, words):
            ruled.skipped.append((name, reason))
            _note(ruled, name, [word.text for word in words[1:]])
            replaced.append((command.begin, command.end, ":"))
        elif name in _REFUSED:
            raise NotHereError(f"`{name}` would change your computer instead of an image")
        elif inner := _inner(name, words, command, ruled, variables):
            replaced.append(inner)
        else:
            ruled.runs |= name not in (":", "cd", "export", "set", "true")
    for begin, end, text in sorted(_outermost(replaced), reverse=True):
        ruled.script = ruled.script[:begin] + text + ruled.script[end:]
    return ruled


def _looked_through(words: tuple[Word, ...], variables: Mapping[str, str]) -> list[Word]:
    """The words from the command on that `env`, `exec` and the like run."""
    left = list(words)
    while left:
        if match := re.fullmatch(r"\$\{?(\w+)\}?", left[0].text):
            value = variables.get(match[1], "")
            left[:1] = [Word(part, left[0].begin) for part in value.split()] or [Word("''", left[0].begin)]
        if PurePosixPath(left[0].text).name not in _WRAPPERS or len(left) == 1:
            return left
        left = left[1:]
        while left and _OPTION_OR_VALUE.fullmatch(left[0].text):
            left = left[1:]
    return left


def _skip_reason(name: str, words: list[Word]) -> str:
    following = [word.text for word in words[1:] if not word.text.startswith("-")]
    if following and (name, following[0]) in _CACHE_WORDS:
        return _CACHES
    if name == "rm" and following and all(path.startswith(SYSTEM_CACHES) for path in following):
        return _CACHES
    return _SKIPPED.get(name, "")


def _inner(
    name: str, words: list[Word], command: Command, ruled: Ruled, variables: Mapping[str, str]
) -> tuple[int, int, str] | None:
    """What a script inside the script is replaced by, if something of it is skipped."""
    if name == "eval":
        raise NotHereError("what `eval` would run cannot be read before")
    if name not in _SHELLS:
        return None
    flags = [index for index, word in enumerate(words) if re.fullmatch(r"-[a-z]*c", word.text)]
    if not flags:
        options = [word.text for word in words[1:] if word.text.startswith("-")]
        if command.piped and (
            len(options) == len(words) - 1 or any(re.fullmatch("-[a-z]*s[a-z]*", o) for o in options)
        ):
            raise NotHereError(f"what `{name}` would run cannot be read before")
        return None
    script = words[flags[0] + 1] if flags[0] + 1 < len(words) else None
    if script is None:
        return None
    inner = apply_rule(script.text, variables, piped=command.piped)
    ruled.skipped += inner.skipped
    ruled.owners += inner.owners
    ruled.users |= inner.users
    ruled.runs |= inner.runs
    if not inner.skipped:
        return None
    if not script.plain:
        raise NotHereError(f"`{inner.skipped[0][0]}` inside `{name} -c` with variables cannot be skipped")
    return script.begin, script.end, shlex.quote(inner.script)


def _note(ruled: Ruled, name: str, arguments: list[str]) -> None:
    """Keep in mind who is created and who owns what."""
    values = [word for word in arguments if not word.startswith("-")]
    if name in ("useradd", "adduser"):
        found = _ID_OPTION.search(" ".join(arguments))
        names = [word for word in values if _NAME.fullmatch(word)]
        if found and found[1] and names:
            ruled.users[names[-1] if name == "useradd" else names[0]] = found[1]
        else:  # The values of its options are among them, which does no harm
            ruled.users |= {each: each for each in names if each not in ruled.users}
    elif name == "chown" and len(values) > 1:
        recursive = any(re.fullmatch(r"-\w*R\w*|--recursive", word) for word in arguments)
        ruled.owners.append((values[0].partition(":")[0], recursive, tuple(values[1:])))


def _outermost(replaced: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    everything = list(replaced)
    return [
        one
        for one in everything
        if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in everything)
    ]
