"""A program evaluated under mocks, without the engine."""
