"""A certificate of ACM for names in a zone of Route 53, and the records that lead these names somewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.errors import UserError, printable
from conducky.settings.errors import config_command


@dataclass(frozen=True)
class CertificateArgs:
    """The names that it covers, the first of which is its own, the zone that they are in, and its region."""

    names: Sequence[str]
    zone_id: str
    region: str


class Certificate(pulumi.ComponentResource):
    """A certificate that ACM issues and renews, because its records are in the zone; its `arn` once it is issued."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        first, *others = args.names
        certificate = aws.acm.Certificate(
            name,
            domain_name=first,
            subject_alternative_names=others,
            validation_method="DNS",
            region=args.region,
            opts=child,
        )
        proofs = [self._proof(certificate, each, args.zone_id) for each in args.names]
        validation = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[proof.fqdn for proof in proofs],
            region=args.region,
            opts=child,
        )
        self.arn = validation.certificate_arn
        self.register_outputs({"arn": self.arn})

    def _proof(self, certificate: "aws.acm.Certificate", name: str, zone_id: str) -> "aws.route53.Record":
        """The record by which ACM sees that the name is ours."""

        def of(part: str) -> pulumi.Output[str]:
            return certificate.domain_validation_options.apply(
                lambda options: next(str(getattr(each, part)) for each in options if each.domain_name == name)
            )

        return aws.route53.Record(
            f"proof-{name}",
            zone_id=zone_id,
            name=of("resource_record_name"),
            type="CNAME",
            records=[of("resource_record_value")],
            ttl=300,
            # The account's certificates for one name share it, also those of before.
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self),
        )


def zone_id_of(zone: str) -> str:
    """The id of the account's public zone of this name.

    Raises:
        UserError: the account has none.
    """
    try:
        return aws.route53.get_zone(name=zone, private_zone=False).zone_id
    except Exception as error:  # noqa: BLE001  # the SDK raises bare exceptions here
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1].strip(" *")
        raise UserError(
            f"the public zone {zone} (`hostedZone`) is not in this account, or cannot be read ({printable(reason)})",
            f"run `aws route53 create-hosted-zone --name {zone} --caller-reference first` and let {zone}'s registrar "
            f"name its name servers, or {config_command('platform', 'set hostedZone ZONE')}",
        ) from None


def alias_records(
    names: Sequence[str],
    zone_id: str,
    target: tuple[pulumi.Output[str], pulumi.Output[str]],
    types: Sequence[str] = ("A",),
) -> None:
    """Lead names of a zone to a load balancer or a distribution: its DNS name and its own zone's id."""
    for name in names:
        for kind in types:
            aws.route53.Record(
                f"{name}-{kind}",
                zone_id=zone_id,
                name=name,
                type=kind,
                aliases=[{"name": target[0], "zone_id": target[1], "evaluate_target_health": False}],
            )
