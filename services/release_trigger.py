"""What makes the same `pulumi up` try a failed release again, by hand as well as in the pipeline.

After a failed wait Pulumi keeps the *new* inputs, and finds nothing to do the next time, although ECS rolled back or
never started a task. Pulumi.yaml's `refresh: always` reads back what ECS runs; where that is the new revision all the
same (a first release has no other), only another trigger repeats the deployment and the wait for it.
https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go (resourceServiceUpdate)
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pulumi


def release_trigger(
    output: str, released: Mapping[str, Any], parts: pulumi.Input[Any], groups: str = ""
) -> pulumi.Output[str]:
    """The trigger of a service that consists of these parts: the last one's if exactly they were released, else a new.

    It must be exported as `output`, after the service: `released` are this stack's exports, which Pulumi replaces only
    when an `up` has succeeded. It ends with `groups`, by which the next `up` knows that ECS has these target groups.
    """
    before = str(released.get(output, ""))

    def trigger(values: object) -> str:
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
        new = f"{digest} {datetime.now(UTC).isoformat()} {groups}".rstrip()
        return before if before.startswith(f"{digest} ") else new

    return pulumi.Output.from_input(parts).apply(trigger)
