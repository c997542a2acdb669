"""What the three Pulumi programs share, and the `conducky` command."""
