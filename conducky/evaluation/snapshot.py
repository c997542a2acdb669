"""What a stack consists of, as JSON: `python -P snapshot.py ROOT STACK`, with ROOT as PYTHONPATH.

A program of its own, so that an older commit is evaluated by its own package. It uses nothing but `evaluate`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from conducky.errors import UserError
from conducky.evaluation.evaluate import evaluate
from conducky.repository import LAYERS, read_stack_file, stack_file

# The time of the evaluation is in it.
_NEVER_EQUAL = ("triggers",)


def main() -> None:
    """Write the settings and the resources of each layer; a refusal is one line, and exit code 1."""
    root, stack = Path(sys.argv[1]), sys.argv[2]
    try:
        taken: dict[str, Any] = {layer: _layer(layer, stack, root) for layer in LAYERS}
    except UserError as error:
        sys.exit(str(error))
    json.dump(taken, sys.stdout)


def _layer(layer: str, stack: str, root: Path) -> dict[str, Any]:
    found = evaluate(layer, stack=stack, root=root)
    resources = {
        f"{each.type} {each.name}": {
            key: "[secret]" if key in each.secret_inputs else value  # a new password each time
            for key, value in each.inputs.items()
            if key not in _NEVER_EQUAL
        }
        for each in found.resources
        if each.custom
    }
    settings = {key.partition(":")[2]: value for key, value in read_stack_file(stack_file(layer, stack, root)).items()}
    return {"settings": settings, "resources": resources}


if __name__ == "__main__":
    main()
