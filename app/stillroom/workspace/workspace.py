"""The one object behind a front end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from stillroom import paths
from stillroom.atomic import remove_left_over
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine
from stillroom.errors import StillroomError
from stillroom.privacy.encryption import Encryption
from stillroom.privacy.seal import Seal
from stillroom.settings import READER_MEMORY, READER_SECONDS, SEALED, Settings
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.workspace.erasing import Erased, erase, erase_old, kept_days
from stillroom.workspace.models import Models
from stillroom.workspace.recent_documents import RecentDocuments
from stillroom.workspace.runs import Runs
from stillroom.workspace.templates import Templates

if TYPE_CHECKING:
    from stillroom.cancellation import Cancellation
    from stillroom.chat.prompt_library import PromptLibrary
    from stillroom.chat.store import ConversationStore
    from stillroom.documents.document import Document
    from stillroom.extraction.result import DocumentResult
    from stillroom.extraction.run import DocumentExtractor
    from stillroom.extraction.subject import Embedding
    from stillroom.privacy.secrets import Secrets
    from stillroom.review.reviews import Reviews
    from stillroom.templates.template import Template
    from stillroom.workspace.conversations import Conversations
    from stillroom.workspace.evaluations import Evaluations
    from stillroom.workspace.hub import ModelHub
    from stillroom.workspace.learning import Learning
    from stillroom.workspace.making import ModelMaking
    from stillroom.workspace.remote_models import RemoteModels
    from stillroom.workspace.review_exports import ReviewExports
    from stillroom.workspace.row_files import RowFiles
    from stillroom.workspace.teaching import Teaching

_PAGE_SECONDS = 20.0
"""A page may take to be drawn."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Workspace:
    """Everything a front end works with. Safe from any thread; a context manager.

    Opening starts no process and opens no file but the settings: worker and readers start with the first request, the
    database is opened when it is first used (StillroomError where it cannot be).

    Attributes:
        settings, seal: the person's choices, and what every connection goes through.
        engine: inference, in the worker. readers: files, in children held to the limits of the settings.
        templates: the built-in ones and the person's own.
        models: which there are, the usual one, how each is loaded.
        encryption: whether the database is encrypted, and its key.
        runs: extraction over files.
        at_end: called in order before anything is closed.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        seal: Seal | None = None,
        *,
        database: Path | None = None,
        engine: Engine | None = None,
    ) -> None:
        """Open with these, or with what the person's folders hold.

        Args:
            database: the file; None for the person's own.
            engine: None for one with this application's own worker.
        """
        self.settings = settings if settings is not None else Settings()
        self.seal = seal if seal is not None else Seal(sealed=self.settings.get(SEALED))
        self.engine = engine if engine is not None else Engine()
        self.readers = ReaderPool(
            seconds=self.settings.get(READER_SECONDS), memory_bytes=self.settings.get(READER_MEMORY) << 20
        )
        self.templates = Templates()
        self.at_end: list[Callable[[], None]] = []
        self._database_file = database if database is not None else paths.database_file()
        self._made: dict[str, Any] = {}
        self._opening = threading.RLock()
        self.encryption = Encryption(self._database_file, self.settings, self.seal.policy, lambda: self.secrets)
        self.models = Models(self.settings, self.engine)
        self.recent_documents = RecentDocuments()
        self.runs = Runs(
            lambda: self.store,
            lambda: self.extractor,
            self.readers,
            self.recent_documents,
            lambda template: self.learning.learned(template),
            self._embed,
            lambda template, results: self.reviews.verdicts(template, results),
        )

    @property
    def database(self) -> Database:
        """Runs, conversations and what was sent, on disk. Raises StillroomError where it cannot be opened."""
        return self._once("database", self._open_database)

    @property
    def store(self) -> RunStore:
        """The runs on disk."""
        return self._once("store", lambda: RunStore(self.database))

    @property
    def chats(self) -> ConversationStore:
        """The conversations on disk. What has been in the bin for too long is gone with the first use."""
        return self._once("chats", self._open_chats)

    @property
    def prompts(self) -> PromptLibrary:
        """Texts to begin a conversation with."""
        from stillroom.chat.prompt_library import PromptLibrary

        return self._once("prompts", PromptLibrary)

    @property
    def secrets(self) -> Secrets:
        """The keys, in the system's keyring."""
        from stillroom.privacy.secrets import Secrets

        return self._once("secrets", Secrets)

    @property
    def extractor(self) -> DocumentExtractor:
        """Extraction with the loaded model. Its first use takes a moment: much comes with it."""
        from stillroom.extraction.extractor import Extractor

        return self._once("extractor", lambda: Extractor(self.engine, learned=self.learning.learned, embed=self._embed))

    def extract_hastily(
        self, document: Document, template: Template, *, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        """A document's fields with a template that is being changed. Raises EngineError, Cancelled."""
        from stillroom.extraction.run import HastyExtractor

        extractor = self.extractor
        extract = extractor.extract_hastily if isinstance(extractor, HastyExtractor) else extractor.extract
        return extract(document, template, file=document.name, cancellation=cancellation)

    @property
    def learning(self) -> Learning:
        """What templates learn of documents that were approved."""
        from stillroom.workspace.learning import Learning

        return self._once("learning", lambda: Learning(self.runs.document, self.readers, self._embed, self.runs.seen))

    @property
    def teaching(self) -> Teaching:
        """Lessons that train a model."""
        from stillroom.workspace.teaching import Teaching

        return self._once(
            "teaching",
            lambda: Teaching(
                self.readers, self.learning.memory, lambda model: self.models.plan(model, this_file=True, beside=True)
            ),
        )

    @property
    def reviews(self) -> Reviews:
        """What persons said of the values in runs."""
        return self._once("reviews", self._open_reviews)

    @property
    def page_readers(self) -> ReaderPool:
        """Readers that draw pages for a person who waits, and never wait behind a run."""
        return self._once("page_readers", self._start_page_readers)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the person: what of the settings could not be used, and what became of the database. Opens it."""
        return tuple(
            notice for notice in (self.database.notice, self.encryption.notice, *self.settings.problems) if notice
        )

    # What a start does not need comes, code and all, with its first use: command and window are there sooner.

    @property
    def making(self) -> ModelMaking:
        """Tuning, conversion, copies of models."""
        from stillroom.workspace.making import ModelMaking

        return self._once("making", lambda: ModelMaking(self.engine, self.readers))

    @property
    def hub(self) -> ModelHub:
        """Where more models are fetched from."""
        from stillroom.workspace.hub import ModelHub

        return self._once("hub", lambda: ModelHub(lambda: self.secrets, self.seal))

    @property
    def remote(self) -> RemoteModels:
        """Models behind an address."""
        from stillroom.workspace.remote_models import RemoteModels

        return self._once(
            "remote",
            lambda: RemoteModels(
                lambda: self.database, lambda: self.secrets, self.runs, self.readers, self.seal, self.settings
            ),
        )

    @property
    def row_files(self) -> RowFiles:
        """What rows are about, looked at again."""
        from stillroom.workspace.row_files import RowFiles

        return self._once(
            "row_files",
            lambda: RowFiles(
                self.readers,
                lambda: self.page_readers,
                self.recent_documents,
                lambda *of: self.runs.recognised_document(*of),
            ),
        )

    @property
    def evaluations(self) -> Evaluations:
        """Labelled documents."""
        from stillroom.workspace.evaluations import Evaluations

        return self._once("evaluations", lambda: Evaluations(self.engine, self.readers))

    @property
    def review_exports(self) -> ReviewExports:
        """What was reviewed, handed on."""
        from stillroom.workspace.review_exports import ReviewExports

        return self._once("review_exports", lambda: ReviewExports(lambda: self.reviews))

    @property
    def conversations(self) -> Conversations:
        """A chat's turns."""
        from stillroom.workspace.conversations import Conversations

        return self._once(
            "conversations", lambda: Conversations(lambda: self.chats, self.engine, self.readers, self.remote)
        )

    @property
    def engine_version(self) -> str:
        """Of llama-cpp-python; empty where it is not installed."""
        from stillroom.doctor import engine_version

        return engine_version()

    def erase(self) -> Erased:
        """Erase all runs, verdicts and conversations, and what was kept and learned of documents. Raises StorageError, OSError."""
        self.learning.let_go()
        self.runs.let_go()
        self.recent_documents.clear()
        return erase(self.database, self.chats)

    def stop(self) -> None:
        """End what is going on: calls under way raise Cancelled or an error, and the children are gone on return."""
        while self.at_end:
            self.at_end.pop(0)()
        self.engine.close()
        self.readers.close()

    def close(self) -> None:
        """Stop, then close the database. May be called again."""
        self.stop()
        with self._opening:
            database: Database | None = self._made.pop("database", None)
        if database is not None:
            database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _once(self, name: str, make: Callable[[], T]) -> T:
        """What is made when it is first needed, by whichever thread needs it."""
        with self._opening:
            if name not in self._made:
                self._made[name] = make()
            made: T = self._made[name]
            return made

    def _embed(self, text: str, *, lasting: bool = False, examples: str = "") -> Embedding | None:
        """The loaded model's name and its embedding of a text; None where none is loaded, or it gives none. See Embed."""
        from stillroom.extraction.kept_options import KeptOptions
        from stillroom.extraction.subject import Embedder

        embedder: Embedder = self._once(
            "embedder", lambda: Embedder(self.engine, kept=KeptOptions(paths.options_dir()))
        )
        return embedder(text, lasting=lasting, examples=examples)

    def _open_chats(self) -> ConversationStore:
        from stillroom.chat.conversation import BIN_DAYS
        from stillroom.chat.store import ConversationStore

        chats = ConversationStore(self.database)
        chats.erase_deleted(timedelta(days=BIN_DAYS))
        return chats

    def _open_reviews(self) -> Reviews:
        from stillroom.review.reviews import Reviews
        from stillroom.storage.verdicts import VerdictStore

        return Reviews(self.store, VerdictStore(self.database))

    def _start_page_readers(self) -> ReaderPool:
        readers = ReaderPool(seconds=_PAGE_SECONDS, memory_bytes=self.settings.get(READER_MEMORY) << 20)
        self.at_end.append(readers.close)
        return readers

    def _open_database(self) -> Database:
        for folder in (self._database_file.parent, paths.config_dir()):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StillroomError(
                    f"The folder {folder} cannot be made: {error.strerror}. Look at its permissions, "
                    "or set STILLROOM_HOME to another folder."
                ) from error
        for folder in (paths.data_dir(), paths.config_dir(), paths.cache_dir()):
            remove_left_over(folder)
        database = self.encryption.open()
        days = kept_days(self.settings, self.seal.policy)
        if days:
            from stillroom.chat.store import ConversationStore

            erase_old(database, ConversationStore(database), days)
        return database
