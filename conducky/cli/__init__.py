"""The `conducky` command."""
