"""Day two: what runs and why not, its logs, a shell in it, going back, and the database."""
