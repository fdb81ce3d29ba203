"""A server's ports are numbers that a port can have."""

from __future__ import annotations

import pytest

from pixelparity.cli.main import main
from pixelparity.deploy.ports import Ports
from pixelparity.errors import InputError


@pytest.mark.parametrize("port", [-1, 65536, 22222222])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    """The sentence names the port, the number and the range."""
    with pytest.raises(InputError, match=rf"the http port is {port}; use 1 to 65535, or 0 for a free one"):
        Ports(http=port)


def test_every_port_is_taken() -> None:
    """Both ends of the range are ports."""
    assert Ports(grpc=0, http=1, metrics=65535).metrics == 65535


def test_serve_says_so_before_it_starts_anything(tmp_path, capsys) -> None:
    """The command ends with 2 and that one line."""
    assert main(["serve", "--repository", str(tmp_path), "--grpc-port", "22222222"]) == 2
    assert capsys.readouterr().err == "error: the grpc port is 22222222; use 1 to 65535, or 0 for a free one\n"
