"""Whether a deployment can succeed: this computer, the settings, the AWS account and GitHub."""
