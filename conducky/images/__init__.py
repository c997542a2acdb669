"""The applications' images: what a build sends, and how AWS keeps those that were proven live."""
