"""Files that are gone with a task, as Compose's volumes, the Dockerfile and the code say."""

import pytest

from tests.conducky.adoption.sources import SERVER, Repository
from tests.conducky.adoption.test_problems import problems

FIX = "every task begins with an empty disk: keep them in S3, for which `backendPermissions` in bootstrap gives access"


def said(repository: Repository, volumes: str) -> list[str]:
    compose = f"services:\n  api:\n    build: api\n    volumes: {volumes}\nvolumes: {{files: {{}}}}\n"
    repository.write({**SERVER, "docker-compose.yml": compose})
    repository.adopt()
    return [line.removeprefix("! ") for line in repository.said.splitlines() if "empty disk" in line]


@pytest.mark.parametrize(
    "volumes",
    [
        "['files:/app/uploads']",
        "['files:/app/anything/:rw']",
        "['./uploads:/app/uploads']",
        "['/srv/data:/app/data:z']",
        "[{type: volume, source: files, target: /app/uploads}]",
        "[{type: bind, source: ./media, target: /app/media}]",
    ],
)
def test_a_volume_that_keeps_files(repository: Repository, volumes: str) -> None:
    (line,) = said(repository, volumes)
    assert line.startswith("`volumes` in shop/docker-compose.yml keeps the files in /app/")
    assert line.endswith(FIX)


@pytest.mark.parametrize(
    "volumes",
    [
        "['./api:/app']",
        "['./api/src:/app/src:ro', '/app/node_modules', 'files:/app/node_modules']",
        "['files:/root/.npm', 'files:/app/.next/cache']",
        "['/var/run/docker.sock:/var/run/docker.sock']",
        "[{type: tmpfs, target: /app/uploads}]",
        "[5, null, {}]",
        "files",
    ],
)
def test_one_that_brings_the_source_or_caches(repository: Repository, volumes: str) -> None:
    assert said(repository, volumes) == []


@pytest.mark.parametrize(
    ("line", "named"),
    [("VOLUME /app/uploads", True), ('VOLUME ["/app/uploads"]', True), ("VOLUME /app/node_modules", False)],
)
def test_a_volume_of_the_image(repository: Repository, line: str, *, named: bool) -> None:
    found = problems(repository, f"{line}\nCMD node .\n")
    assert found == [f"VOLUME in shop/api/Dockerfile:5 keeps the files in /app/uploads, and {FIX}"] * named


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ('const upload = multer({ dest: "uploads/" })', True),
        ("multer({\n  limits: 5,\n  dest: path.join(here, 'x'),\n})", True),
        ('@UseInterceptors(FileInterceptor("file", { dest: "./files" }))', True),
        ("multer.diskStorage({ destination: (req, file, done) => done(null, 'files') })", True),
        ("formidable({ uploadDir: dir })", True),
        ('await writeFile(join(process.cwd(), "uploads", name), data)', True),
        ("createWriteStream(`./uploads/${name}`)", True),
        ("multer({ dest: os.tmpdir() })", False),
        ('multer({ dest: "/tmp/uploads" })', False),
        ("multer({ storage: multer.memoryStorage() })", False),
        ("multer({ storage: multerS3({ s3, bucket }) })", False),
        ('// multer({ dest: "uploads/" })', False),
        ('writeFileSync("dist/openapi.json", text)', False),
    ],
)
def test_code_that_keeps_files(repository: Repository, code: str, *, named: bool) -> None:
    found = problems(repository, "CMD node .\n", **{"server.js": f"// first\n{code}\n"})
    assert [line.partition(",")[0] for line in found] == ["shop/api/server.js:2 keeps files on the disk"] * named
