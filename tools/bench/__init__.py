"""`make bench`: how long the main commands take, and what the applications need; prints figures, asserts nothing."""

import os

# Read when grpc is imported: else it reports each process that is started beside it.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
