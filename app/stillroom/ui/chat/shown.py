"""The conversation that is shown, for those who work on it without knowing the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from stillroom.chat.conversation import Conversation, Turn
from stillroom.ui.banner import BannerArea
from stillroom.ui.chat.asking import Asking
from stillroom.ui.chat.composer import Composer
from stillroom.ui.chat.transcript import Transcript
from stillroom.ui.controls import ElidedLabel

if TYPE_CHECKING:
    from stillroom.workspace.conversations import ConversationStore


class ShownConversation(QWidget):
    """A base of the page: what it shows, and what can be asked of it, which is the page's to do.

    Attributes:
        conversation: None for one that is not begun.

    Signals:
        template_made(str, bool): the name of a template that is there now, and whether it is wanted in Extract.
        models_wanted: the page of the models is wanted.
    """

    template_made = Signal(str, bool)
    models_wanted = Signal()

    conversation: Conversation | None
    store: ConversationStore
    asking: Asking
    composer: Composer
    transcript: Transcript
    banners: BannerArea
    title: ElidedLabel

    @property
    def number(self) -> int:
        """Of the conversation that is shown; 0 for a new one."""
        return self.conversation.id if self.conversation is not None else 0

    def open(self, number: int, turn: int = 0) -> None:
        """Show a conversation; 0 for a new one, which is stored when something is said."""

    def show_branch(self) -> None:
        """Show what is stored of the conversation that is shown."""

    def show_list(self) -> None:
        """Show the conversations there are."""

    def ready(self) -> bool:
        """Whether there is somebody to answer; if not, that is said."""
        return False

    def have_answered(self, question: int) -> None:
        """Have a turn answered; a remote model is sent nothing that the person has not agreed to."""

    def read_every_part(self, question: int) -> None:
        """Have a turn answered from every passage of its files."""

    def make_template(self, turns: list[Turn]) -> None:
        """Make a template of the fields of an answer."""

    def say(self, text: str, kind: str) -> None:
        """``kind``: ``info`` goes by itself; ``warn`` and ``bad`` stay."""

    def failed(self, error: Exception) -> None:
        """Say what went wrong."""
