"""Whether the certificate or the zone that a stack's settings name is ready: AWS would only refuse half-way."""

from collections.abc import Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from conducky.aws import error_code
from conducky.operations.doctor.account import Account
from conducky.operations.doctor.finding import Finding, ok, unseen, wrong
from conducky.settings.offline import settings_of
from conducky.settings.schema import PlatformSettings


def https(account: Account) -> Iterator[Finding]:
    """Whether the certificate is issued and covers every name, or the zone is this account's."""
    settings = settings_of(PlatformSettings, account.stack)
    arn, zone = settings.certificate_arn, settings.hosted_zone
    try:
        if arn:
            yield from _certificate(account, arn, settings.names)
        if zone:
            yield from _zone(account, zone)
    except (ClientError, BotoCoreError) as error:
        if error_code(error) == "ResourceNotFoundException":
            change = f"pulumi -C platform config set certificateArn ARN --stack {account.stack}"
            yield wrong(f"there is no certificate {arn}", f"see `aws acm list-certificates`, and run `{change}`")
        else:
            what = "certificate" if arn else "hosted zone"
            yield unseen(f"the {what} ({error_code(error)})", "an AWS admin can run this")


def _certificate(account: Account, arn: str, names: Sequence[str]) -> Iterator[Finding]:
    found = account.client("acm", arn.split(":")[3]).describe_certificate(CertificateArn=arn)["Certificate"]
    own, status = str(found["DomainName"]), str(found["Status"])
    covered = {own, *found.get("SubjectAlternativeNames", [])}
    for name in names:
        if name not in covered and f"*.{name.partition('.')[2]}" not in covered:
            request = f"aws acm request-certificate --validation-method DNS --domain-name {name}"
            yield wrong(
                f"the certificate {arn} does not cover {name} (it covers {', '.join(sorted(covered))})",
                f"request one that does: `{request}`",
            )
    if status == "ISSUED":
        yield ok(f"the certificate of {own} is issued")
        return
    options = [each["ResourceRecord"] for each in found.get("DomainValidationOptions", []) if "ResourceRecord" in each]
    records = "; ".join(f"{each['Name']} {each['Type']} {each['Value']}" for each in options)
    fix = f"create these records in its DNS, and wait until it is ISSUED: {records}" if records else "request another"
    yield wrong(f"the certificate of {own} is {status}", fix)


def _zone(account: Account, name: str) -> Iterator[Finding]:
    zones = account.client("route53").list_hosted_zones_by_name(DNSName=name, MaxItems="10")["HostedZones"]
    public = [each for each in zones if each["Name"] == f"{name}." and not each.get("Config", {}).get("PrivateZone")]
    if len(public) == 1:
        yield ok(f"the hosted zone {name}")
    elif public:
        yield wrong(f"there are {len(public)} public zones {name}", "delete the one that its registrar does not name")
    else:
        create = f"aws route53 create-hosted-zone --name {name} --caller-reference first"
        yield wrong(
            f"there is no public hosted zone {name} in this account",
            f"run `{create}`, and give its name servers to the registrar of {name}",
        )
