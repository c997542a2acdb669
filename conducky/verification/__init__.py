"""Proof that a release is live: what ECS runs, and which revision answers."""
