"""The command line: help that teaches, JSON, completion, exit status, and pipes that end early."""

import argparse
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_jobs.__main__ import main, parser
from batch_jobs.completion import SHELLS
from batch_jobs.examples import EXAMPLES

ROOT = Path(__file__).parents[2]
ONCE_TOLD = "import sys; from batch_jobs.__main__ import main; sys.stdin.read(); sys.exit(main())"


def commands(whole: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that does something, by the words that call it."""
    below = [action for action in whole._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield name, whole
    for action in below:
        for word, command in action.choices.items():
            yield from commands(command, f"{name} {word}".strip())


COMMANDS = dict(commands(parser()))


def test_every_command_has_examples_and_nothing_else_has() -> None:
    assert EXAMPLES.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_shows_examples_that_work(name: str) -> None:
    shown = COMMANDS[name].format_help()
    for typed, what in EXAMPLES[name]:
        assert f"python -m batch_jobs {name} {typed}".rstrip() in shown
        assert what in shown
        words = shlex.split(typed.partition(" >")[0].partition("<")[0])
        assert callable(parser().parse_args([*name.split(), *words]).run_command)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_answer_in_json(name: str) -> None:
    assert "--json" in COMMANDS[name].format_help()


def test_the_exit_status_is_told_and_a_wrong_command_line_has_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words, status in ((["--help"], 0), (["no-such-command"], 2), (["models", "promote"], 2)):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == status
    assert "Exit status" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--help"], ["completion", "bash"], ["completion", "zsh", "--json"]])
def test_a_reader_that_leaves_early_is_no_error(words: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ONCE_TOLD, *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    process.stdin.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_knows_every_command(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["shell"] == shell
    for word in {word for name in COMMANDS for word in name.split()}:
        assert word in printed["script"]


@pytest.mark.parametrize(
    ("words", "completed"),
    [("models pro", ["promote"]), ("completion z", ["zsh"]), ("impor", ["import-movies", "import-ratings"])],
)
def test_bash_completes(words: str, completed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out
    typed = ["batch-jobs", *words.split()]
    asked = f"COMP_WORDS=({' '.join(typed)}); COMP_CWORD={len(typed) - 1}; _shtab_batch_jobs"
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", f'{script}\n{asked}\nprintf "%s\\n" "${{COMPREPLY[@]}}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == completed
