"""ECS: task definitions run as processes."""
