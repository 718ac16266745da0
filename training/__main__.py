"""Train an adapter of the reader.

    python -m training prepare RECIPE --work FOLDER [--data FOLDER]
    python -m training train RECIPE --work FOLDER --out FILE [--from ADAPTER]

``prepare`` reads the recipe's question files and mines passages for every question into the
work folder; it needs no GPU. ``train`` learns from them, on a GPU where there is one, and goes
on where it was interrupted. Try the result with FUNDSTELLE_READER_ADAPTER=FILE.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from indexer.errors import FundstelleError
from indexer.settings import ArchiveSettings
from training.commands import prepare, train


def main() -> None:
    """Run one command; a fault that the user can mend is one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("prepare", "train"):
        command = commands.add_parser(name)
        command.add_argument("recipe", type=Path, help="a recipe in TOML")
        command.add_argument("--work", type=Path, required=True, help="folder for what is made")
        if name == "prepare":
            command.add_argument("--data", type=Path, default=Path(), help="folder of the files")
        else:
            command.add_argument("--out", type=Path, required=True, help="the adapter to write")
            command.add_argument("--from", dest="begin", type=Path, help="an adapter to go on from")
            command.add_argument("--device", help="cpu or cuda; a GPU where there is one")
    given = parser.parse_args()
    cache = ArchiveSettings().cache
    try:
        if given.command == "prepare":
            prepare(given.recipe, given.work, given.data, cache)
        else:
            train(
                given.recipe,
                given.work,
                given.out,
                begin=given.begin,
                device=given.device,
                cache=cache,
            )
    except FundstelleError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
