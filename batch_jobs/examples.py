"""Examples for the help of each command: what to type after its name, and what that does."""

from collections.abc import Mapping, Sequence

EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "import-movies": [
        ("the-movies-dataset/", "all films of a folder; which file is what is found out from its content"),
        ("ml-latest-small.zip --rejects refused.csv", "a ZIP as it was downloaded, refused rows beside it"),
    ],
    "import-ratings": [
        ("ml-latest-small.zip", "every rating, under people of their own"),
        ("ratings.csv --links links.csv", "ratings by MovieLens id, with the file that tells their IMDb ids"),
        ("ratings.csv --most-ratings 150000", "whole people, up to about so many ratings"),
        ("ratings.csv --resume import.state", "go on where an interrupted import stopped"),
    ],
    "load-demo-catalogue": [("", "5,000 films from Wikidata")],
    "create-fake-users": [("10000", "ten thousand people"), ("500 --seed 7", "others than those of seed 20")],
    "create-fake-ratings": [
        ("", "60 ratings of each of 1,500 people"),
        ("--people 10000 --per-person 100", "a million ratings"),
    ],
    "create-demo-account": [("< password.txt", "the password is the first line of standard input")],
    "run": [
        ("", "the whole nightly job"),
        ("--stage suggest", "one stage of it, on the latest run"),
        ("--json", "the whole job, for a program to read what came of it"),
    ],
    "export": [("", "begin a run with a fresh export")],
    "train": [
        ("", "train on the latest export"),
        ("--ratings ratings.csv --out model/", "train on a file, without AWS"),
    ],
    "evaluate": [
        ("", "measure the model of the latest run"),
        ("--ratings ratings.parquet", "measure both models on a file, without AWS"),
        ("--ratings ratings.csv --json", "the figures, for a program"),
    ],
    "tune": [
        ("--ratings ratings.csv", "look for settings better than the defaults"),
        ("--ratings one.csv two.parquet --trials 200", "settings that suit both, more thoroughly"),
    ],
    "publish": [("", "publish what the latest run trained"), ("--run ID", "or what another one did")],
    "suggest": [("", "write suggestions by the current model")],
    "models list": [("", "the latest models, the current one marked"), ("--json", "the same as data")],
    "models show": [("", "the card of the current model"), ("VERSION", "of another one")],
    "models promote": [("VERSION", "make it current, within a minute everywhere")],
    "models rollback": [("", "go back to the model before")],
    "operators grant": [("ada@example.com", "Ada sees the operator's screens from now on")],
    "operators revoke": [("ada@example.com", "and no longer")],
    "operators list": [("", "everybody who is an operator")],
    "people erase": [
        ("ada@example.com", "say what there is to erase"),
        ("ada@example.com --yes", "erase it: account, ratings, marks and suggestions"),
    ],
    "keys list": [("", "which key signs, and since when")],
    "keys rotate": [("", "a new key; to be repeated no sooner than after twenty minutes")],
    "keys retire": [("", "for a key that somebody has seen: rotate, then retire")],
    "cost": [
        ("", "ten thousand people, a thousand ratings a day, a run every night"),
        ("--people 100000 --ratings-a-day 20000 --retrains 4", "more people, a run every week"),
        ("--prices my-prices.json", "with prices of another region"),
    ],
    "completion": [
        ("bash > ~/.local/share/bash-completion/completions/batch-jobs", "for every new bash"),
        ("zsh > ~/.zfunc/_batch-jobs", "where ~/.zfunc is in $fpath"),
        ("fish > ~/.config/fish/completions/batch-jobs.fish", "for every new fish"),
    ],
}


def in_words(command: str) -> str:
    """The examples of a command as they stand at the end of its help; argparse fills `%(prog)s` in."""
    lines = [f"  %(prog)s {typed}".rstrip() + f"\n      {what}" for typed, what in EXAMPLES.get(command, ())]
    return "\n".join(["examples:", *lines]) if lines else ""
