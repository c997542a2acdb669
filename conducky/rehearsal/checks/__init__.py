"""What a rehearsal checks once it is up."""
