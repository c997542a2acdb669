"""AWS, played locally: a Pulumi provider whose resources are processes on your computer."""
