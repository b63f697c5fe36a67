"""``stillroom database``: encrypt it, write it in plain again, say how it is kept."""

from __future__ import annotations

import argparse

from stillroom.cli.status import DONE, say
from stillroom.errors import StillroomError


def add_database(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(group=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    status = commands.add_parser("status", help="say whether it is encrypted")
    status.set_defaults(run=show)
    encrypt = commands.add_parser("encrypt", help="write it anew, encrypted")
    encrypt.add_argument(
        "--passphrase",
        action="store_true",
        help="make the key of a passphrase, which is asked for at every start; else the keyring has it",
    )
    encrypt.set_defaults(run=run_encrypt)
    commands.add_parser("decrypt", help="write it anew, in plain").set_defaults(run=run_decrypt)


def show(options: argparse.Namespace) -> int:
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        print(f"The database is {workspace.encryption.state}.")
    return DONE


def run_encrypt(options: argparse.Namespace) -> int:
    from stillroom.workspace import Workspace

    passphrase = _new_passphrase() if options.passphrase else None
    with Workspace(seal=options.seal) as workspace:
        workspace.encryption.encrypt(passphrase)
        print(f"The database is {workspace.encryption.state}.")
    if passphrase is not None:
        say("Whoever forgets the passphrase has lost the database: nobody can open it without.")
    return DONE


def run_decrypt(options: argparse.Namespace) -> int:
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        workspace.encryption.decrypt()
        print(f"The database is {workspace.encryption.state}.")
    return DONE


def _new_passphrase() -> str:
    from stillroom.privacy.encryption import ask_on_terminal

    first = ask_on_terminal("New passphrase of Stillroom's database")
    if ask_on_terminal("Once more") != first:
        raise StillroomError("The two are not the same. Nothing was changed.")
    return first
