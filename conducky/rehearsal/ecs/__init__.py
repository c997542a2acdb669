"""ECS on Fargate: task definitions run as processes."""

from conducky.rehearsal.ecs.resource import Services, TaskDefinitions

__all__ = ["Services", "TaskDefinitions"]
