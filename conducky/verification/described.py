"""What AWS and Pulumi describe, as frozen models that take over only what is used."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from conducky.errors import printable

Text = Annotated[str, AfterValidator(printable)]  # of anyone's making, harmless on a terminal


class Described(BaseModel):
    """A description by AWS, whose names differ by their capitals only unless a field says otherwise."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)
