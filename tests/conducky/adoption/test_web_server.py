"""What nginx, Apache and Caddy are configured for in an image."""

from typing import Any

import pytest

from tests.conducky.adoption.sources import SERVER, Repository

PAGE = '{"dependencies": {"react": "19"}}'
UNPRIVILEGED = "FROM nginxinc/nginx-unprivileged:1.29\n"


def adopted(repository: Repository, dockerfile: str, **files: str) -> dict[str, Any]:
    web = {"Dockerfile": f"{UNPRIVILEGED}{dockerfile}", "package.json": PAGE, **files}
    repository.write({**SERVER, **{f"web/{name}": text for name, text in web.items()}})
    return repository.adopt()["frontend"]


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("location /api/ { proxy_pass http://backend:4000; }", "backend"),
        ("  proxy_pass https://api/;", "api"),
        ("upstream api { server my-api:4000 weight=5; }", "my-api"),
        ("reverse_proxy /api/* backend:4000", "backend"),
        ("reverse_proxy http://backend:4000", "backend"),
        ("ProxyPass /api http://backend:4000/api", "backend"),
    ],
)
def test_a_host_that_only_compose_has(repository: Repository, line: str, host: str) -> None:
    adopted(repository, "COPY site.conf /etc/nginx/conf.d/default.conf\n", **{"site.conf": f"# first\n{line}\n"})
    assert f"! shop/web/site.conf:2 sends requests to `{host}`, a host that the deployment does not" in repository.said


@pytest.mark.parametrize(
    "line",
    [
        "proxy_pass http://localhost:4000;",
        "proxy_pass http://127.0.0.1:4000;",
        "proxy_pass $backend;",
        "proxy_pass http://$backend;",
        "proxy_pass ${BACKEND_URL};",
        "proxy_pass https://api.example.com;",
        "server { listen 8080; server_name shop; }",
        "upstream api { server unix:/tmp/socket; server 10.0.0.1:80; }",
        "# proxy_pass http://backend:4000;",
    ],
)
def test_what_answers_in_the_deployment(repository: Repository, line: str) -> None:
    adopted(repository, "COPY conf/ /etc/nginx/conf.d/\n", **{"conf/site.conf": f"{line}\n"})
    assert "sends requests to" not in repository.said


@pytest.mark.parametrize(
    "copy", ["", "COPY --from=nginx:1 /site.conf /etc/nginx/site.conf\n", "COPY other.conf /etc/\n"]
)
def test_a_file_that_the_image_does_not_take(repository: Repository, copy: str) -> None:
    text = "proxy_pass http://backend:4000;"
    adopted(repository, f"{copy}COPY . /usr/share/nginx/html\n", **{"site.conf": text, "other.conf": ""})
    assert "sends requests to" not in repository.said


@pytest.mark.parametrize(
    ("destination", "host"),
    [
        ("'http://backend:4000/api/:path*'", "backend"),
        ("`https://api/:path*`", "api"),
        ("'http://localhost:4000/:path*'", ""),
        ("`${process.env.BACKEND_URL}/:path*`", ""),
        ("'https://docs.example.com/:path*'", ""),
        ("'/about'", ""),
    ],
)
def test_a_rewrite_of_nextjs(repository: Repository, destination: str, host: str) -> None:
    config = f"module.exports = {{\n  rewrites: () => [{{ source: '/api/:path*', destination: {destination} }}],\n}}\n"
    adopted(repository, "COPY . .\n", **{"next.config.js": config})
    assert (f"shop/web/next.config.js:2 sends requests to `{host}`, " in repository.said) is bool(host)
    assert bool(host) or "sends requests" not in repository.said


@pytest.mark.parametrize(("argument", "key"), [("", "addresses"), ("ARG BACKEND_URL\n", "buildAddresses")])
def test_a_variable_that_the_build_of_a_page_reads(repository: Repository, argument: str, key: str) -> None:
    config = "export default { rewrites: () => [process.env.BACKEND_URL], analyze: process.env.ANALYZE === 'true' }\n"
    settings = adopted(repository, f"{argument}COPY . .\nRUN npx next build\n", **{"next.config.mjs": config})
    assert settings[key] == {"BACKEND_URL": "backend"}
    assert ("is read while the page is built, and the Dockerfile has no `ARG BACKEND_URL`" in repository.said) is (
        key == "addresses"
    )
    assert "ANALYZE" not in repository.said


def test_the_variables_of_a_template_are_settings(repository: Repository) -> None:
    text = "listen ${PORT};\nproxy_pass ${BACKEND_URL}$request_uri;\nadd_header A ${SITE};\n"
    dockerfile = "ENV SET=1\nCOPY nginx/site.conf.template /etc/nginx/templates/default.conf.template\n"
    settings = adopted(repository, dockerfile, **{"nginx/site.conf.template": text})
    assert settings["addresses"] == {"BACKEND_URL": "backend"}
    assert "! SITE (shop/web/nginx/site.conf.template:3) got no value" in repository.said


@pytest.mark.parametrize(
    ("base", "user"),
    [
        ("nginxinc/nginx-unprivileged:1.29", "image"),
        ("docker.io/nginxinc/nginx-unprivileged", "image"),
        ("gcr.io/distroless/nodejs24-debian12:nonroot", "image"),
        ("cgr.dev/chainguard/node", "image"),
        ("bitnami/nginx:1.29", "image"),
        ("bitnami/node:24", None),
        ("node:24", None),
        ("nginx:1.29", None),
    ],
)
def test_the_user_of_a_known_base_stays(repository: Repository, base: str, user: str | None) -> None:
    script = {"start.sh": "#!/bin/sh\nset -e\nchown x y\n"}
    web = {"Dockerfile": f'FROM {base}\nCOPY . /site\nENTRYPOINT ["./start.sh"]\n', "package.json": PAGE, **script}
    repository.write({**SERVER, **{f"web/{name}": text for name, text in web.items()}})
    assert repository.adopt()["frontend"].get("user") == user
    assert ("runs `chown`" in repository.said) is (user is None)
