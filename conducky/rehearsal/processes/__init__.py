"""The processes of a rehearsal, none of which outlives it."""
