"""The options of ``stillroom remote``."""

from __future__ import annotations

import argparse

from stillroom.cli.numbers import decimal, whole


def add_remote(parser: argparse.ArgumentParser) -> None:
    """Add its commands."""
    parser.set_defaults(group=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    listing = commands.add_parser("list", help="remote engines that were added")
    listing.add_argument("--json", action="store_true", help="JSON on standard output")
    listing.set_defaults(run=_list)
    add = commands.add_parser("add", help="add one, or change the one of this name")
    add.add_argument("name", metavar="NAME")
    add.add_argument("address", metavar="ADDRESS", help="like https://server/v1")
    add.add_argument("--model", default="", help="the model's name there; for Azure the deployment")
    add.add_argument("--kind", choices=("compatible", "azure"), default="compatible")
    add.add_argument("--api-version", default="", help="of Azure")
    add.add_argument(
        "--key", action="store_true", help="ask for a key, or read it from standard input, for the keyring"
    )
    add.add_argument("--ca", default="", metavar="FILE", help="certificates to trust beside the usual ones")
    add.add_argument("--proxy", default="", metavar="ADDRESS")
    add.add_argument("--seconds", type=whole(1, 3600), default=120, help="to wait for an answer")
    add.add_argument("--in-flight", type=whole(1, 64), default=4, metavar="N", help="requests at a time")
    price = decimal(0, 10_000)
    add.add_argument("--price-in", type=price, default=0.0, metavar="DOLLARS", help="a million tokens that are sent")
    add.add_argument("--price-out", type=price, default=0.0, metavar="DOLLARS", help="a million tokens of answer")
    add.set_defaults(run=_add)
    for name, words, run in (
        ("test", "list its models and ask one question", _test),
        ("remove", "with its key", _remove),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument("name", metavar="NAME")
        command.set_defaults(run=run)


def _list(options: argparse.Namespace) -> int:
    from stillroom.cli import remote_models

    return remote_models.show_list(options)


def _add(options: argparse.Namespace) -> int:
    from stillroom.cli import remote_models

    return remote_models.add(options)


def _test(options: argparse.Namespace) -> int:
    from stillroom.cli import remote_models

    return remote_models.test(options)


def _remove(options: argparse.Namespace) -> int:
    from stillroom.cli import remote_models

    return remote_models.remove(options)
