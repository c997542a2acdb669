"""`make bench`: how long the main commands take, and what the applications need; prints figures, asserts nothing."""
