"""The layers' stacks on the real engine."""
