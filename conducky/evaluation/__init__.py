"""A program evaluated under mocks, without the engine."""

from conducky.evaluation.evaluate import ENVIRONMENT, Evaluation, evaluate
from conducky.evaluation.monitor import Resource

__all__ = ["ENVIRONMENT", "Evaluation", "Resource", "evaluate"]
