"""What the workflows in .github/ run besides `make`: every piece of logic that would otherwise stand in YAML."""
