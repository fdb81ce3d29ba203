"""How a server is reached: defaults, limits and headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError
from pixelparity.sources.served.client import Access


def test_defaults_are_bounded() -> None:
    """gRPC, half a minute, two more tries when nobody answers, no token and no encryption."""
    access = Access()
    assert (access.protocol, access.timeout, access.retries, access.token, access.tls) == ("grpc", 30.0, 2, None, False)
    assert access.all_headers() == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"protocol": "ftp"}, "protocol is 'ftp', use one of grpc, http"),
        ({"timeout": 0.0}, "timeout is 0.0 s"),
        ({"timeout": -1.0}, "timeout is -1.0 s"),
        ({"retries": -1}, "retries -1"),
        ({"certificate": Path("nowhere.pem")}, "nowhere.pem does not exist"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], message: str) -> None:
    """Each is named with its value."""
    with pytest.raises(InputError, match=message):
        Access(**settings)  # type: ignore[arg-type]


def test_no_retry_and_a_short_timeout_are_fine() -> None:
    """The limits themselves: 0 retries, any time above 0."""
    assert Access(retries=0, timeout=0.1).retries == 0


def test_a_token_joins_the_headers() -> None:
    """A bearer token goes into its header beside the others, and is never shown."""
    access = Access(token="secret", headers={"x": "y"})
    assert access.all_headers() == {"x": "y", "authorization": "Bearer secret"}
    assert "secret" not in repr(access)
