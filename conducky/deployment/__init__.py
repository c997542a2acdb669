"""Preview, deploy and destroy in a real AWS account: the `pulumi` commands, in the right order and with guards."""
