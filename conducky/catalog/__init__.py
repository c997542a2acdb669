"""The AWS resource types that the programs use."""
