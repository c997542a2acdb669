"""What the workflows in .github/ run besides `make`: all the logic that would otherwise be in YAML."""
