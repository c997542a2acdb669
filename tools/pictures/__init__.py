"""`make pictures`: the README's pictures, from a real rehearsal."""
