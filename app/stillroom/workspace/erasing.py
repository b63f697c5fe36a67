"""Erasing what documents and conversations left behind: all of it, or what is older than a person or an office wants it kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stillroom.privacy import audit
from stillroom.privacy.erasing import erase_files
from stillroom.privacy.policy import Policy
from stillroom.settings import KEPT_DAYS, Settings
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.storage.verdicts import VerdictStore

if TYPE_CHECKING:
    from stillroom.chat.store import ConversationStore

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased."""

    runs: int
    verdicts: int
    conversations: int


def kept_days(settings: Settings, policy: Policy) -> int:
    """Days that everything is kept, as the person or the office wants it, whichever is shorter; 0 for ever."""
    return min((days for days in (settings.get(KEPT_DAYS), policy.days) if days), default=0)


def erase(database: Database, chats: ConversationStore, before: datetime | None = None) -> Erased:
    """Erase runs, verdicts, conversations, and files made of documents; with ``before`` those that are older. Models, templates,
    settings and the audit log stay. Raises StorageError, OSError."""
    runs = RunStore(database).erase(before)
    verdicts = VerdictStore(database).erase(before)
    gone = [each for each in (*chats.conversations(), *chats.bin()) if before is None or each.changed < before]
    for each in gone:
        chats.delete(each.id)
        chats.erase(each.id)
    erase_files(database.path, before)
    if before is None:
        from stillroom.models.taught import erase_taught  # the window's first screen does without what it needs

        erase_taught()
    if before is None or runs or verdicts or gone:
        database.shrink()
        audit.note("erased", runs=runs, verdicts=verdicts, conversations=len(gone), all=before is None)
    return Erased(runs, verdicts, len(gone))


def erase_old(database: Database, chats: ConversationStore, days: int) -> None:
    """Erase what has been kept for so many days. What cannot be erased now is at the next start."""
    try:
        erase(database, chats, datetime.now(UTC) - timedelta(days=days))
    except OSError as error:
        _LOG.warning("old files were not erased: %s", error.strerror or type(error).__name__)
