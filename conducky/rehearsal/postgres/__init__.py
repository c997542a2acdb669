"""RDS: a real Postgres 15 server."""
