"""The parts of the workflows that are written from the settings."""
