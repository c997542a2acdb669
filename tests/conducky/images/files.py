"""Files of an application, for tests that look for something in them."""

from pathlib import Path


def write(root: Path, *files: str, **contents: str) -> Path:
    """Files with some content, by their paths; a path that ends in `/` is a folder."""
    for name, content in {**dict.fromkeys(files, "{}"), **contents}.items():
        file = root / name
        if name.endswith("/"):
            file.mkdir(parents=True, exist_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
    return root
