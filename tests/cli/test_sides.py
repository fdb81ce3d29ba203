"""``pixelparity sides`` and the help of the commands that take sides say what the table of sources says."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pixelparity import sides
from pixelparity.cli.command import Command
from pixelparity.cli.main import COMMANDS, main, parser
from pixelparity.sources import protocol

DOCS = Path(__file__).parents[2] / "docs"
TAKING_SIDES = [command for command in COMMANDS if command.takes_sides]


def test_every_kind_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has each form with what it takes, what is done with it, and an example."""
    assert main(["sides"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    for source in protocol.every():
        for form in source.forms:
            done = "executed" if form.executes else "parsed"
            assert f"{form.text} {form.takes} {done}: {form.handling} example: {form.example}" in listed
    assert protocol.ANY_OTHER in listed


def test_the_document_is_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """docs/sides.md is what ``pixelparity sides --markdown`` prints."""
    assert main(["sides", "--markdown"]) == 0
    assert (DOCS / "sides.md").read_text(encoding="utf-8") == capsys.readouterr().out


def test_the_security_page_agrees() -> None:
    """docs/security.md calls executed what the table calls executed, and nothing that the table calls parsed."""
    page = (DOCS / "security.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1:3] for row in page.splitlines() if row.startswith("| `")]
    named = " ".join(names for names, handling in rows if handling.strip().startswith("**executed**"))
    for source in protocol.every():
        for form in source.forms:
            assert (f"`{form.text}`" in named) == form.executes, form.text


@pytest.mark.parametrize("command", TAKING_SIDES, ids=lambda command: command.name)
def test_help_says_what_a_side_is(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of a command that takes sides has every form of them."""
    with pytest.raises(SystemExit) as leaving:
        main([command.name, "--help"])
    assert leaving.value.code == 0
    printed = capsys.readouterr().out
    for source in protocol.every():
        assert all(f"  {form.text} " in printed for form in source.forms)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_of_every_command(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command's help says what it does in sentences, explains each argument, and ends with two examples."""
    with pytest.raises(SystemExit) as leaving:
        main([command.name, "--help"])
    assert leaving.value.code == 0
    printed = capsys.readouterr().out
    assert command.about in " ".join(printed.split())
    assert command.about.endswith(".")
    assert printed.endswith("examples:\n" + "".join(f"  {example}\n" for example in command.examples))
    (commands,) = [action.choices for action in parser()._actions if action.dest == "command"]
    assert all(action.help for action in commands[command.name]._actions)


@pytest.mark.parametrize("example", [example for command in COMMANDS for example in command.examples])
def test_examples_are_command_lines(example: str) -> None:
    """Each example is one that the parser takes, and its sides are sides."""
    program, *words = shlex.split(example)
    options = parser().parse_args(words)
    assert program == "pixelparity"
    given = [getattr(options, name, None) for name in ("side", "reference", "deployed")]
    named = [text for text in given if text]
    assert bool(named) == (options.command in {command.name for command in TAKING_SIDES})
    for text in named:
        assert str(sides.parse(text)) == text


def test_every_command_that_takes_sides_explains_them() -> None:
    """The commands that have an argument which is a SIDE are those whose help explains it, and each such argument has a help."""
    (commands,) = [action.choices for action in parser()._actions if action.dest == "command"]
    for command in COMMANDS:
        takes = [a for a in commands[command.name]._actions if a.dest in {"side", "reference", "deployed"}]
        assert bool(takes) == command.takes_sides, command.name
        assert all(action.help for action in takes)
