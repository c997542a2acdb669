"""GitHub: its API, and what a job writes for people. `api` is not imported here: it needs an HTTP client."""

from conducky.github.redaction import code, folded, redact

__all__ = ["code", "folded", "redact"]
