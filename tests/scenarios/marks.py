"""Marks of scenarios that need a program which is not everywhere."""

import shutil

import pytest

needs_client = pytest.mark.skipif(
    not all(map(shutil.which, ("psql", "pg_dump", "pg_restore"))),
    reason="needs PostgreSQL's client: install postgresql-client",
)
