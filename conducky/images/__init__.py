"""Container images: what a build sends, and who builds."""
