"""GitHub: its API, and what a job writes for people."""
