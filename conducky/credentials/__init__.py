"""The access keys of a stack's deployer: made, changed and removed by an admin, outside Pulumi."""
