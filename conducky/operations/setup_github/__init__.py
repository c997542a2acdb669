"""What a GitHub repository needs in order to deploy a stack, through GitHub's own command `gh`."""
