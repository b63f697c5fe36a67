"""The tables, as the steps that made them. A step that was released is never changed; a new one is added."""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            created TEXT NOT NULL,            -- UTC, ISO 8601
            template_name TEXT NOT NULL,
            template_version INTEGER NOT NULL,
            template_toml TEXT NOT NULL,      -- the template itself: its file may change or go
            template_sha256 TEXT NOT NULL,    -- of that file; empty where there was none
            model_name TEXT NOT NULL,
            model_path TEXT NOT NULL,
            model_sha256 TEXT NOT NULL,
            seed INTEGER NOT NULL,
            threads INTEGER NOT NULL,         -- 0: not known yet
            engine TEXT NOT NULL,             -- of llama-cpp-python: version, commit where known
            application TEXT NOT NULL,        -- version of Stillroom
            delivered INTEGER NOT NULL        -- 0 while its output is still to be written
        )
        """,
        """
        CREATE TABLE documents (
            run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            file TEXT NOT NULL,               -- JSON text: as the person gave it; may hold what is no UTF-8
            path TEXT NOT NULL,               -- JSON text: the same, absolute
            PRIMARY KEY (run, position)
        )
        """,
        """
        CREATE TABLE results (
            run INTEGER NOT NULL,
            position INTEGER NOT NULL,
            saved TEXT NOT NULL,              -- UTC, ISO 8601
            result TEXT NOT NULL,             -- JSON
            PRIMARY KEY (run, position),
            FOREIGN KEY (run, position) REFERENCES documents (run, position) ON DELETE CASCADE
        )
        """,
    ),
    (
        # What is attached to a message has a row of its own.
        "ALTER TABLE documents ADD COLUMN parent INTEGER",  # position of the message; null for a file
        "ALTER TABLE documents ADD COLUMN part INTEGER NOT NULL DEFAULT 0",  # which one of it, from 1; 0 for a file
    ),
)
