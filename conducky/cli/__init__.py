"""The `conducky` command: its options, one file per group. What the commands do is in the packages that they import.

They import those when they run, so that `conducky --help` needs neither Pulumi nor boto3.
"""
