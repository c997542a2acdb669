"""The local stand-in for AWS: a Pulumi provider whose resources are processes on this machine."""
