"""A resource that exists but does not work, reported as pulumi-aws reports it: the engine keeps the new state.

https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/provider.go (`ErrorResourceInitFailed`)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from conducky.catalog import property_bag


@dataclass
class PartialFailureError(Exception):
    """A resource was created or changed, and then failed.

    `properties` and `inputs` are what the engine stores: as planned, not as AWS left them, which only a refresh finds.
    """

    id: str
    properties: Mapping[str, Any]
    inputs: Mapping[str, Any]
    reason: str

    def abort(self, context: grpc.ServicerContext) -> NoReturn:
        """End the call with the details from which the engine takes the new state."""
        detail = pb.ErrorResourceInitFailed(
            id=self.id,
            properties=property_bag.write(self.properties),
            inputs=property_bag.write(self.inputs),
            reasons=[self.reason],
        )
        packed = any_pb2.Any()
        packed.Pack(detail)
        # https://grpc.io/docs/guides/error/
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=self.reason, details=[packed])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, self.reason.splitlines()[0])
        raise AssertionError  # abort does not return
