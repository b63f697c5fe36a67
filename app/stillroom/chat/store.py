"""Conversations in the database: every change is on disk when its method returns."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil

from stillroom.chat import database_rows
from stillroom.chat.conversation import (
    ChatSettings,
    Conversation,
    Facts,
    Hit,
    Source,
    Turn,
    TurnState,
)
from stillroom.privacy.erasing import erase_forgotten, erase_pasted
from stillroom.storage.database import Database, StorageError

_FORGOTTEN_DAYS = 1  # a pasted picture that no turn has may belong to what is being written

_BRANCH = """
    WITH RECURSIVE branch (id, depth) AS (
        SELECT ?1, 0 UNION ALL
        SELECT turns.parent, depth + 1 FROM turns JOIN branch ON turns.id = branch.id WHERE turns.parent IS NOT NULL
    )
"""


class ConversationStore:
    """Conversations on disk. Safe from any thread. Methods raise StorageError."""

    def __init__(self, database: Database) -> None:
        """Answers that a process was writing when it ended become INTERRUPTED."""
        self._database = database
        with database.transaction() as connection:
            writing = connection.execute("SELECT DISTINCT process FROM turns WHERE state = 'streaming'").fetchall()
            for (process,) in writing:
                if process == os.getpid() or not psutil.pid_exists(process):
                    connection.execute(
                        "UPDATE turns SET state = 'interrupted' WHERE state = 'streaming' AND process = ?", (process,)
                    )

    # -- conversations

    def create(self, title: str = "", settings: ChatSettings | None = None) -> Conversation:
        """A new conversation. An empty title is shown as that of a new one."""
        moment = database_rows.now()
        with self._database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO conversations (title, created, changed, settings) VALUES (?, ?, ?, ?)",
                (title, moment, moment, database_rows.settings_to_json(settings or ChatSettings())),
            ).lastrowid
        return self.conversation(number or 0)

    def conversation(self, number: int) -> Conversation:
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT {database_rows.CONVERSATION} FROM conversations WHERE id = ?", (number,)
            ).fetchone()
        if row is None:
            raise StorageError("This conversation is not there any more.")
        return database_rows.conversation_from_row(row)

    def conversations(self) -> list[Conversation]:
        """Those that were not deleted: pinned ones first, then the last changed."""
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT {database_rows.CONVERSATION} FROM conversations WHERE deleted IS NULL ORDER BY pinned DESC, changed DESC, id DESC"
            ).fetchall()
        return [database_rows.conversation_from_row(row) for row in found]

    def search(self, words: str, limit: int = 200) -> list[Hit]:
        """Turns that hold all the words (the last may be the beginning of one), best first."""
        terms = re.findall(r"\w+", words)
        if not terms:
            return []
        query = " ".join(f'"{term}"' for term in terms) + "*"
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT turns.conversation, conversations.title, turns.id, "
                "snippet(turn_words, 0, char(2), char(3), '…', 12) FROM turn_words "
                "JOIN turns ON turns.id = turn_words.rowid JOIN conversations ON conversations.id = turns.conversation "
                "WHERE turn_words MATCH ? AND conversations.deleted IS NULL ORDER BY rank LIMIT ?",
                (query, limit),
            ).fetchall()
        return [Hit(*row) for row in found]

    def rename(self, number: int, title: str) -> None:
        self._change(number, "title = ?", title)

    def pin(self, number: int, pinned: bool) -> None:
        self._change(number, "pinned = ?", int(pinned))

    def set_settings(self, number: int, settings: ChatSettings) -> None:
        self._change(number, "settings = ?", database_rows.settings_to_json(settings))

    def set_draft(self, number: int, draft: str) -> None:
        self._change(number, "draft = ?", draft)

    def delete(self, number: int) -> None:
        """Put it into the bin; ``restore`` brings it back, ``erase`` and ``erase_deleted`` make it final."""
        self._change(number, "deleted = ?", database_rows.now())

    def restore(self, number: int) -> None:
        self._change(number, "deleted = ?", None)

    def bin(self) -> list[Conversation]:
        """What was deleted and can be brought back, the last deleted first."""
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT {database_rows.CONVERSATION} FROM conversations WHERE deleted IS NOT NULL ORDER BY deleted DESC, id DESC"
            ).fetchall()
        return [database_rows.conversation_from_row(row) for row in found]

    def erase(self, number: int) -> None:
        """Erase one that is in the bin, with its turns, attachments and pasted pictures. One that is not there stays."""
        self._erase("id = ?", number)

    def erase_deleted(self, older_than: timedelta = timedelta(0)) -> None:
        """Erase what was deleted so long ago, and pasted pictures that no turn has any more."""
        self._erase("deleted <= ?", (datetime.now(UTC) - older_than).isoformat(timespec="milliseconds"))
        with self._database.reading() as connection:
            named = {path for (path,) in connection.execute("SELECT path FROM attachments")}
        with contextlib.suppress(OSError):
            erase_forgotten(named, timedelta(days=_FORGOTTEN_DAYS))

    def _erase(self, which: str, value: object) -> None:
        with self._database.transaction() as connection:
            found = connection.execute(
                f"SELECT id FROM conversations WHERE deleted IS NOT NULL AND {which}", (value,)
            ).fetchall()
            if not found:
                return
            files = {path for (path,) in connection.execute("SELECT path FROM attachments")}
            for (number,) in found:
                # One after the other, so that the search forgets each.
                connection.execute("DELETE FROM turns WHERE conversation = ?", (number,))
                connection.execute("DELETE FROM conversations WHERE id = ?", (number,))
            # The index keeps the words of what was erased until it is made anew.
            connection.execute("INSERT INTO turn_words (turn_words) VALUES ('rebuild')")
            files -= {path for (path,) in connection.execute("SELECT path FROM attachments")}
        with self._database.reading() as connection:  # the journal would keep the words until it is full
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with contextlib.suppress(OSError):  # one that is in use is erased with all others, later
            erase_pasted(files)

    # -- turns

    def branch(self, leaf: int | None) -> list[Turn]:
        """The turns from the first to ``leaf``."""
        if leaf is None:
            return []
        with self._database.reading() as connection:
            found = connection.execute(
                f"{_BRANCH} SELECT {', '.join('turns.' + name for name in database_rows.TURN.split(', '))} FROM turns "
                "JOIN branch ON turns.id = branch.id ORDER BY depth DESC",
                (leaf,),
            ).fetchall()
            attached = database_rows.attachments_of(connection, [row[0] for row in found])
        return [database_rows.turn_from_row(row, attached.get(row[0], ())) for row in found]

    def turn(self, number: int) -> Turn:
        with self._database.reading() as connection:
            row = connection.execute(f"SELECT {database_rows.TURN} FROM turns WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise StorageError("This turn is not there any more.")
            attached = database_rows.attachments_of(connection, [number])
        return database_rows.turn_from_row(row, attached.get(number, ()))

    def siblings(self, conversation: int) -> dict[int, list[int]]:
        """For each turn of a conversation that has branches beside it: all of them, itself among them, the oldest first."""
        groups: dict[int | None, list[int]] = {}
        with self._database.reading() as connection:
            for number, parent in connection.execute(
                "SELECT id, parent FROM turns WHERE conversation = ? ORDER BY id", (conversation,)
            ):
                groups.setdefault(parent, []).append(number)
        return {number: group for group in groups.values() if len(group) > 1 for number in group}

    def switch(self, turn: int) -> int:
        """Show the branch that goes through a turn, to its newest end. Returns that end."""
        with self._database.transaction() as connection:
            conversation, leaf = self._newest_end(connection, turn)
            connection.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (leaf, conversation))
        return leaf

    def add(self, turn: Turn) -> Turn:
        """Store a turn (its id and time are given here) as the end of the branch that is shown."""
        moment = database_rows.now()
        with self._database.transaction() as connection:
            number, _files = database_rows.add_turn(connection, turn, moment)
            self._end_with(connection, turn.conversation, number, moment)
        return self.turn(number)

    def give(self, attachment: int, text: str) -> None:
        """Let the model have ``text`` in the place of an attachment's pages; empty for the pages."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE attachments SET given = ? WHERE id = ?", (text, attachment))

    def give_text(self, turn: int) -> None:
        """Let the model have the text of a turn's pictures in their place."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE attachments SET seen = 0 WHERE turn = ?", (turn,))

    def set_facts(self, number: int, facts: Facts) -> None:
        with self._database.transaction() as connection:
            self._set_facts(connection, number, facts)

    def save_answer(
        self, number: int, content: str, thinking: str, state: TurnState, *, error: str = "", facts: Facts | None = None
    ) -> None:
        """Store what there is of an answer."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE turns SET content = ?, thinking = ?, state = ?, error = ?, process = ? WHERE id = ?",
                (content, thinking, state, error, os.getpid(), number),
            )
            if facts is not None:
                self._set_facts(connection, number, facts)

    def delete_turn(self, number: int) -> list[Turn]:
        """Erase a turn with all that follows it on every branch. Returns what was erased, for ``put_back``; parents come first."""
        turns: list[Turn] = []
        with self._database.transaction() as connection:
            row = connection.execute("SELECT conversation, parent FROM turns WHERE id = ?", (number,)).fetchone()
            if row is None:
                return []
            conversation, parent = row
            below = [number]
            for each in below:
                below += [
                    child
                    for (child,) in connection.execute(
                        "SELECT id FROM turns WHERE conversation = ? AND parent = ? ORDER BY id", (conversation, each)
                    ).fetchall()
                ]
            turns = database_rows.turns_of(connection, below)
            connection.execute("UPDATE conversations SET leaf = NULL WHERE id = ?", (conversation,))
            for each in reversed(below):
                connection.execute("DELETE FROM turns WHERE id = ?", (each,))
            beside = connection.execute(
                "SELECT max(id) FROM turns WHERE conversation = ? AND parent IS ?", (conversation, parent)
            ).fetchone()[0]
            leaf = self._newest_end(connection, beside)[1] if beside is not None else parent
            connection.execute("UPDATE conversations SET leaf = ? WHERE id = ?", (leaf, conversation))
        return turns

    def put_back(self, turns: Sequence[Turn], leaf: int | None) -> int:
        """What ``delete_turn`` erased, shown to where ``leaf`` was: the end that is returned.

        The turns get other ids: theirs may be taken meanwhile.
        """
        with self._database.transaction() as connection:
            return self._put(connection, turns, leaf)

    def all_turns(self, conversation: int) -> list[Turn]:
        """Every turn of every branch, parents before children."""
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT {database_rows.TURN} FROM turns WHERE conversation = ? ORDER BY id", (conversation,)
            ).fetchall()
            attached = database_rows.attachments_of(connection, [row[0] for row in found])
        return [database_rows.turn_from_row(row, attached.get(row[0], ())) for row in found]

    def put_in(self, title: str, settings: ChatSettings, turns: Sequence[Turn], leaf: int | None) -> Conversation:
        """A conversation from turns with ids of their own (an import, a copy); parents come before children."""
        made = self.create(title, settings)
        with self._database.transaction() as connection:
            own = [replace(turn, conversation=made.id) for turn in turns]
            there = {turn.id for turn in own}
            self._put(connection, [turn if turn.parent in there else replace(turn, parent=None) for turn in own], leaf)
        return self.conversation(made.id)

    def duplicate(self, number: int) -> Conversation:
        """A copy with all its branches."""
        original = self.conversation(number)
        return self.put_in(original.title, original.settings, self.all_turns(number), original.leaf)

    def _put(self, connection: sqlite3.Connection, turns: Sequence[Turn], leaf: int | None) -> int:
        """Store turns with new ids, parents before children; what they say of each other and of files goes with them."""
        names: dict[int, int] = {}
        files: dict[int, int] = {}
        number = 0
        for turn in turns:
            facts = replace(_with_files(turn.facts, files), covers=names.get(turn.facts.covers, turn.facts.covers))
            moved = replace(turn, parent=names.get(turn.parent or 0, turn.parent), facts=facts)
            number, added = database_rows.add_turn(connection, moved, turn.created.isoformat(timespec="milliseconds"))
            if turn.facts.sources:  # those of its own files have a number only now
                self._set_facts(connection, number, _with_files(facts, added))
            names[turn.id] = number
            files |= added
        end = names.get(leaf or 0, number)
        if turns:
            self._end_with(connection, turns[0].conversation, end, database_rows.now())
        return end

    def _end_with(self, connection: sqlite3.Connection, conversation: int, leaf: int, moment: str) -> None:
        connection.execute("UPDATE conversations SET leaf = ?, changed = ? WHERE id = ?", (leaf, moment, conversation))

    def _set_facts(self, connection: sqlite3.Connection, number: int, facts: Facts) -> None:
        connection.execute("UPDATE turns SET facts = ? WHERE id = ?", (database_rows.facts_to_json(facts), number))

    def _newest_end(self, connection: sqlite3.Connection, turn: int) -> tuple[int, int]:
        row = connection.execute("SELECT conversation FROM turns WHERE id = ?", (turn,)).fetchone()
        if row is None:
            raise StorageError("This turn is not there any more.")
        while True:
            (child,) = connection.execute("SELECT max(id) FROM turns WHERE parent = ?", (turn,)).fetchone()
            if child is None:
                return row[0], turn
            turn = child

    def _change(self, number: int, assignment: str, value: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(f"UPDATE conversations SET {assignment} WHERE id = ?", (value, number))


def _with_files(facts: Facts, numbers: Mapping[int, int]) -> Facts:
    """What is said of files, by the numbers that they have now."""

    def moved(sources: tuple[Source, ...]) -> tuple[Source, ...]:
        return tuple(replace(each, attachment=numbers.get(each.attachment, each.attachment)) for each in sources)

    return replace(facts, sources=moved(facts.sources), quotes=moved(facts.quotes))
