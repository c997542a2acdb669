"""The access keys of a stack's deployer: created, rotated and revoked by an AWS admin, outside Pulumi."""
