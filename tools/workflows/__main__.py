"""`make workflows`: write the lines of the workflows that name the applications' secrets."""

import sys

from conducky.errors import UserError
from tools.workflows.named_secrets import write_workflows

try:
    for file in write_workflows():
        sys.stdout.write(f"✓ wrote {file.parent.name}/{file.name}\n")
except UserError as error:
    sys.exit(str(error))
