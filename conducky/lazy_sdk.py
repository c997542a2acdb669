"""pulumi_aws without what a program does not use.

Each package of the SDK imports all its modules to offer their names, `ec2` alone more than two hundred. Here a name
comes from its own module when it is first used, and from the whole package only if that is not found by its name.
"""

import re
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = re.compile(r"pulumi_aws\.[a-z0-9]+")
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def load_lazily() -> None:
    """Let the SDK's packages that are imported from now on do so; calling it twice changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if _PACKAGE.fullmatch(fullname) else None
        if spec and spec.origin and spec.submodule_search_locations:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        modules = {file.stem for file in Path(self.path).parent.glob("*.py")}

        def find(name: str) -> Any:  # noqa: ANN401
            if name.startswith("__"):
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            own = name if name in modules else _module_of(name)
            if own in modules:
                found = import_module(f"{module.__name__}.{own}")
                # As `import *` does: a function replaces the module of its name. Of `outputs` the SDK takes no names:
                # some are those of resources.
                names = getattr(found, "__all__", ()) if own != "outputs" else ()
                module.__dict__.update({each: getattr(found, each) for each in names})
                if name in module.__dict__ or name in modules:
                    return module.__dict__.get(name, found)
            del module.__dict__["__getattr__"]
            super(_Loader, self).exec_module(module)
            return getattr(module, name)

        module.__dict__["__getattr__"] = find


def _module_of(name: str) -> str:
    """The module that has a resource, its arguments, or a function with its results."""
    bare = name.removeprefix("Awaitable").removesuffix("_output").removesuffix("Args").removesuffix("Result")
    return _WORD_ENDS.sub("_", bare).lower()
