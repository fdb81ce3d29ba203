"""A misspelt option is named as such, with the one that was probably meant."""

from __future__ import annotations

import pytest

from pixelparity.cli.main import main, parser


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["diagnose", "--referece", "X", "--deployed", "Y"], "unknown option --referece, did you mean --reference?"),
        (["diagnose", "--referece=X", "--deployed", "Y"], "unknown option --referece, did you mean --reference?"),
        (["pictures", "--colour", "red"], "unknown option --colour"),
    ],
)
def test_a_misspelt_option_is_named(words, said, capsys) -> None:
    """It is one line with 2, before any complaint of what lacks because of it."""
    with pytest.raises(SystemExit) as leaving:
        main(words)
    assert leaving.value.code == 2
    assert capsys.readouterr().err == f"error: {said}; see: pixelparity {words[0]} --help\n"


def test_shortened_options_are_known() -> None:
    """What argparse completes stays as it was, and so does what stands behind two dashes alone."""
    options = parser().parse_args(["diagnose", "--ref", "a:b", "--deployed=c:d", "--im", "pictures"])
    assert (options.reference, options.deployed, options.images) == ("a:b", "c:d", ["pictures"])
    assert parser().parse_args(["recipe", "--", "--odd"]).side == "--odd"
