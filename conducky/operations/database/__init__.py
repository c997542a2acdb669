"""The database behind its firewall: a connection through a task of the backend, and backups."""
