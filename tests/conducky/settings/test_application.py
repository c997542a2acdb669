"""What an application is: only what AWS takes."""

import json

import pytest

from conducky.errors import UserError
from conducky.settings import ServicesSettings
from tests.conducky.settings.load_settings import load


@pytest.mark.parametrize("path", ["/café/*", "/日本"])
def test_a_path_that_a_listener_rule_cannot_have_is_refused(path: str) -> None:
    with pytest.raises(UserError, match=r"backend\.paths"):
        load(ServicesSettings, {"backend": json.dumps({"paths": [path]})})
