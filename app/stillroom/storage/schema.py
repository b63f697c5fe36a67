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
    (
        """
        CREATE TABLE conversations (
            id INTEGER PRIMARY KEY,
            title TEXT NOT NULL,
            pinned INTEGER NOT NULL DEFAULT 0,
            created TEXT NOT NULL,            -- UTC, ISO 8601
            changed TEXT NOT NULL,
            deleted TEXT,                     -- when; null while it is there
            settings TEXT NOT NULL,           -- JSON
            leaf INTEGER,                     -- last turn of the branch that is shown
            draft TEXT NOT NULL DEFAULT ''
        )
        """,
        """
        CREATE TABLE turns (
            id INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            parent INTEGER REFERENCES turns (id) ON DELETE CASCADE,
            role TEXT NOT NULL,
            content TEXT NOT NULL,
            thinking TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL,
            process INTEGER NOT NULL DEFAULT 0, -- that is writing it
            error TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '',
            created TEXT NOT NULL,
            facts TEXT NOT NULL               -- JSON
        )
        """,
        "CREATE INDEX turns_of_conversation ON turns (conversation, parent)",
        """
        CREATE TABLE attachments (
            id INTEGER PRIMARY KEY,
            turn INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            path TEXT NOT NULL,
            pages TEXT NOT NULL,              -- JSON: the text by page
            tokens INTEGER NOT NULL,
            given TEXT NOT NULL               -- in the place of the pages, where they did not fit
        )
        """,
        "CREATE INDEX attachments_of_turn ON attachments (turn)",
        "CREATE VIRTUAL TABLE turn_words USING fts5 (content, content='turns', content_rowid='id', tokenize='unicode61')",
        """
        CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
            INSERT INTO turn_words (rowid, content) VALUES (new.id, new.content);
        END
        """,
        """
        CREATE TRIGGER turns_removed AFTER DELETE ON turns BEGIN
            INSERT INTO turn_words (turn_words, rowid, content) VALUES ('delete', old.id, old.content);
        END
        """,
        """
        CREATE TRIGGER turns_changed AFTER UPDATE OF content ON turns BEGIN
            INSERT INTO turn_words (turn_words, rowid, content) VALUES ('delete', old.id, old.content);
            INSERT INTO turn_words (rowid, content) VALUES (new.id, new.content);
        END
        """,
    ),
    (
        """
        CREATE TABLE sendings (
            id INTEGER PRIMARY KEY,
            moment TEXT NOT NULL,             -- UTC, ISO 8601
            engine TEXT NOT NULL,
            host TEXT NOT NULL,
            what TEXT NOT NULL,
            sha256 TEXT NOT NULL,             -- of what was sent; the text is not kept
            characters INTEGER NOT NULL,
            tokens_in INTEGER NOT NULL,
            tokens_out INTEGER NOT NULL,
            cost REAL NOT NULL                -- dollars
        )
        """,
    ),
    (
        "ALTER TABLE attachments ADD COLUMN picture BLOB",  # PNG, as it was unpacked and packed again; null for other files
        "ALTER TABLE attachments ADD COLUMN picture_sha256 TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE attachments ADD COLUMN picture_width INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE attachments ADD COLUMN picture_height INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE attachments ADD COLUMN picture_tokens INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE attachments ADD COLUMN seen INTEGER NOT NULL DEFAULT 0",  # 1: given as a picture, not as its text
    ),
    (
        """
        CREATE TABLE verdicts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            entry TEXT NOT NULL UNIQUE,       -- made by whoever gave the verdict: written twice, it is there once
            moment TEXT NOT NULL,             -- UTC, ISO 8601
            person TEXT NOT NULL,             -- as the system calls them
            kind TEXT NOT NULL,
            file_sha256 TEXT NOT NULL,
            template_name TEXT NOT NULL,
            template_sha256 TEXT NOT NULL,    -- of the template that the verdict was given under
            model_sha256 TEXT NOT NULL,       -- of the model whose proposal was looked at
            field TEXT NOT NULL,              -- empty: on the document as a whole
            item INTEGER NOT NULL,            -- of a list or a table, from 1; else 0
            table_column TEXT NOT NULL,
            before TEXT NOT NULL,             -- JSON: what was shown
            after TEXT NOT NULL,              -- JSON: what is right
            reason TEXT NOT NULL,
            undoes TEXT NOT NULL              -- the entry it takes back; else empty
        )
        """,
        "CREATE INDEX verdicts_of_file ON verdicts (file_sha256, template_name)",
        "CREATE INDEX verdicts_of_template ON verdicts (template_name)",
        # A history is added to and never changed.
        "CREATE TRIGGER verdicts_stay BEFORE UPDATE ON verdicts BEGIN SELECT raise(ABORT, 'verdicts are not changed'); END",
        "CREATE TRIGGER verdicts_are_kept BEFORE DELETE ON verdicts BEGIN SELECT raise(ABORT, 'verdicts are kept'); END",
        """
        CREATE TABLE promises (
            template_name TEXT PRIMARY KEY,
            wrong REAL NOT NULL,              -- share of the values that pass unseen which may be wrong, 0 to 1
            sampled INTEGER NOT NULL          -- one in so many of them is looked at all the same
        )
        """,
        "ALTER TABLE runs ADD COLUMN title TEXT NOT NULL DEFAULT ''",  # given by the person
        "ALTER TABLE runs ADD COLUMN deleted TEXT",  # when; null while it is there
    ),
    ("ALTER TABLE documents ADD COLUMN removed INTEGER NOT NULL DEFAULT 0",),  # 1: taken out of the table by the person
    # The run whose values are kept of fields that did not change since.
    ("ALTER TABLE runs ADD COLUMN renews INTEGER REFERENCES runs (id) ON DELETE SET NULL",),
    (
        """
        CREATE TABLE seen (                   -- what was seen of a document, to decide its row again
            run INTEGER NOT NULL,
            position INTEGER NOT NULL,
            content BLOB NOT NULL,            -- see extraction/kept_seen.py
            PRIMARY KEY (run, position),
            FOREIGN KEY (run, position) REFERENCES results (run, position) ON DELETE CASCADE
        )
        """,
    ),
)
