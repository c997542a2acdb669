"""Images, built on the host."""
