"""The seal, what keeps the children from the network, where data lies, and erasing it; and the keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QInputDialog, QLineEdit

from stillroom import paths
from stillroom.child import CHILDREN, Isolation, Layers, isolation_of, probe_all
from stillroom.errors import StillroomError
from stillroom.settings import ENCRYPTED, SEALED
from stillroom.ui.controls import Button, describe, label
from stillroom.ui.parts import Parts
from stillroom.ui.questions import agreed
from stillroom.ui.seal_label import SealLabel
from stillroom.ui.settings.section import Section
from stillroom.ui.tasks import Operation

_LOOK_MILLISECONDS = 2000
_MINUTES = 10  # that the seal stays broken by hand


class PrivacySection(Section):
    """The seal and the data."""

    def __init__(self, parts: Parts, say: Callable[[str, str], None]) -> None:
        super().__init__(
            self.tr("Privacy"),
            self.tr(
                "While sealed, Stillroom opens no connection to any network. A download or a remote model breaks the seal for "
                "as long as it takes, after you asked for it; then it closes by itself."
            ),
        )
        self._parts, self._say = parts, say
        policy = parts.seal.policy
        if policy.managed:
            self.managed = label("\n".join([policy.title, *policy.sentences]), "", wrap=True, selectable=True)
            self.managed.setAccessibleName(self.tr("Managed by your organisation"))
            self.wide(self.managed)
        self.sealed = QCheckBox(self.tr("Sealed"))
        self.sealed.setChecked(parts.seal.sealed)
        describe(self.sealed, self.tr("Sealed"), self.tr("Refuse every connection that was not asked for"))
        if policy.sealed:
            self.sealed.setEnabled(False)
            self.sealed.setToolTip(f"{policy.title} {policy.said['sealed']}")
        self.sealed.clicked.connect(self._seal)
        self.state = SealLabel(parts.seal)
        self.state.clicked.connect(self.sealed.click)
        self.row(self.tr("No connections unless you ask for one"), self.state, self.sealed)
        self.kept_from = {kind: label("", "muted", selectable=True) for kind in CHILDREN}
        self._probed: dict[str, Layers | None] = {}
        for kind, words in {
            "reader": self.tr("What is kept from the processes that read files"),
            "worker": self.tr("What is kept from the process that runs the model"),
            "converter": self.tr("What is kept from the process that makes model files"),
        }.items():
            self.told(words, self.kept_from[kind])
        self._trial = Button(self.tr("Try it"), action=self._try)
        describe(self._trial, self.tr("Try what is kept from the processes"))
        self.row(
            self.tr("Start one of each for a moment, and have it try what it can still do on this system"), self._trial
        )
        self.hosts = label("", "muted", wrap=True, selectable=True)
        self.row(self.tr("Looked up or connected to since the start"), self.hosts)
        for words, folder in (
            (self.tr("Runs, conversations, your templates and models"), paths.data_dir()),
            (self.tr("Settings"), paths.config_dir()),
            (self.tr("What can be made again"), paths.cache_dir()),
        ):
            button = Button(self.tr("Open folder"), action=partial(self._open, str(folder)))
            describe(button, f"{self.tr('Open folder')}: {words}", str(folder))
            self.row(f"{words}\n{folder}", button)
        self.encrypted = QCheckBox(self.tr("Encrypted"))
        self.encrypted.setChecked(policy.encrypted or parts.settings.get(ENCRYPTED))
        describe(self.encrypted, ENCRYPTED.description)
        if policy.encrypted:
            self.encrypted.setEnabled(False)
            self.encrypted.setToolTip(f"{policy.title} {policy.said['encrypted']}")
        self.encrypted.clicked.connect(self._encrypt)
        self.row(ENCRYPTED.description, self.encrypted)
        self.database = label("", "muted", wrap=True, selectable=True)
        self.told(self.tr("The database is now"), self.database)
        erase = Button(self.tr("Erase…"), action=self._erase)
        describe(erase, self.tr("Erase runs and conversations"))
        self.row(
            self.tr(
                "Erase all runs, verdicts and conversations, and what was kept and learned of read documents. Models, templates, "
                "settings and the audit log stay; that log holds no content."
            ),
            erase,
        )
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MILLISECONDS)
        self._timer.timeout.connect(self.look)
        self.look()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.look()
        self._timer.start()

    def _try(self) -> None:
        """Start a child of each kind, which tells what holds here."""
        self._trial.setEnabled(False)
        self._parts.tasks.start(Operation(lambda _: probe_all(), "probe", owner=self).success(self._tried))

    def _tried(self, found: dict[str, tuple[Isolation, Layers | None]]) -> None:
        self._probed = {kind: layers for kind, (_, layers) in found.items()}
        self._trial.setEnabled(True)
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._timer.stop()

    def look(self) -> None:
        """Show the seal as it is now, and ask the kernel about the children that are running."""
        seal = self._parts.seal
        self.sealed.setChecked(seal.sealed and all(opening.until is None for opening in seal.openings))
        process = self._parts.engine.status().worker_pid
        running = {
            "worker": ([] if process is None else [process], self._parts.engine.layers),
            "reader": (self._parts.readers.process_ids, self._parts.readers.layers),
        }
        for kind, shown in self.kept_from.items():
            processes, layers = running.get(kind, ([], None))
            shown.setText(self._said(processes, layers if processes else self._probed.get(kind)))
        self.hosts.setText(", ".join(self._parts.seal.hosts) or self.tr("nothing"))
        self.database.setText(self._parts.encryption.state)

    def _encrypt(self, encrypted: bool) -> None:
        try:
            self._parts.settings.set(ENCRYPTED, encrypted)
        except StillroomError as error:
            self._say(error.message, "bad")
        self.encrypted.setChecked(self._parts.settings.get(ENCRYPTED))
        self.look()
        if self.encrypted.isChecked():  # told now, not at the next start
            self._parts.tasks.start(
                Operation(
                    lambda _: (self._parts.secrets.probe(), self._parts.secrets.notice), "keyring", owner=self
                ).success(self._keyring_seen)
            )

    def _keyring_seen(self, found: tuple[str, str]) -> None:
        _, notice = found
        if not notice or not self.encrypted.isChecked():
            return
        self._parts.settings.set(ENCRYPTED, False)
        self.encrypted.setChecked(False)
        text = self.tr(
            "The database cannot be encrypted like this: no keyring of the system keeps its key now (see Keys). A passphrase "
            "does without one: stillroom database encrypt --passphrase."
        )
        self._say(text, "warn")

    def _said(self, processes: Sequence[int], layers: Layers | None) -> str:
        """What a child found to hold when it tried, no more than that, and what the kernel says of those that are running."""
        words = {
            Isolation.FILTER: self.tr("runs behind a system call filter: it cannot make an internet socket"),
            Isolation.NAMESPACE: self.tr("runs in an empty network of its own"),
            Isolation.NONE: self.tr(
                "runs with nothing between it and the network: this system offers no way without rights"
            ),
            Isolation.UNKNOWN: self.tr("runs; what is between it and the network is not known"),
        }
        said = list(dict.fromkeys(words[isolation_of(process)] for process in processes))
        if not said:
            said = [self.tr("not running")]
            if layers is not None:
                said = [self.tr("not running; one that was started to try it")]
        return "; ".join([*said, layers.words] if layers is not None else said)

    def _seal(self, sealed: bool) -> None:
        seal = self._parts.seal
        if not sealed:
            question = self.tr(
                "Break the seal for %1 minutes? Connections are not refused then; afterwards it closes by itself. A download "
                "or a remote model does not need this: it breaks the seal for as long as it takes."
            ).replace("%1", str(_MINUTES))
            if agreed(self, self.tr("Break the seal"), question, self.tr("Break the seal"), self.tr("Stay sealed")):
                try:
                    seal.break_for(60 * _MINUTES, self.tr("by hand"), self.tr("anywhere"))
                except StillroomError as error:
                    self._say(error.message, "bad")
        else:
            for opening in seal.openings:
                if opening.until is not None:
                    seal.close(opening)
            try:
                self._parts.settings.set(SEALED, True)
            except StillroomError as error:
                self._say(error.message, "bad")
            seal.sealed = True
        self.look()

    def _open(self, folder: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(folder))

    def _erase(self) -> None:
        question = self.tr("Erase all runs, verdicts and conversations? This cannot be undone.")
        if not agreed(self, self.tr("Erase"), question, self.tr("Erase"), self.tr("Keep them")):
            return

        self._parts.tasks.start(
            Operation(lambda _: self._parts.erase(), "erase", owner=self)
            .success(
                lambda _: self._say(
                    self.tr("Erased. Pages that are open show what they had until they are opened anew."), "info"
                )
            )
            .failure(lambda error: self._say(str(error), "bad"))
        )


class KeysSection(Section):
    """Keys by name; never shown."""

    def __init__(self, parts: Parts, say: Callable[[str, str], None]) -> None:
        super().__init__(
            self.tr("Keys"),
            self.tr(
                "Keys lie in the keyring of the operating system, never in a file of Stillroom, and are never shown."
            ),
        )
        self._parts, self._say = parts, say
        self.state = label(self.tr("Looking for the keyring…"), "muted", wrap=True)
        self.wide(self.state)
        again = Button(self.tr("Look again"), "link", action=self._again)
        describe(again, self.tr("Look for the keyring again"))
        row = QHBoxLayout()
        row.addWidget(again)
        row.addStretch(1)
        self.column.addLayout(row)
        change = Button(self.tr("Set…"), action=self._set)
        describe(change, self.tr("Set the token for the model hub"))
        remove = Button(self.tr("Remove"), action=self._remove)
        describe(remove, self.tr("Remove the token for the model hub"))
        self.row(self.tr("Token for the model hub, for models with a licence to agree to"), change, remove)

    def look(self) -> None:
        """Find the keyring, on a thread: it may wait for a person."""
        self._parts.tasks.start(
            Operation(
                lambda _: (self._parts.secrets.probe(), self._parts.secrets.notice), "keyring", owner=self
            ).success(self._show)
        )

    def _show(self, found: tuple[str, str]) -> None:
        name, notice = found
        self.state.setText(notice or self.tr("In use: %1").replace("%1", name))

    def _again(self) -> None:
        self._parts.secrets.try_again()
        self.look()

    def _set(self) -> None:
        text, good = QInputDialog.getText(
            self, self.tr("Token"), self.tr("The token, as the hub shows it"), QLineEdit.EchoMode.Password
        )
        if good and text.strip():
            self._parts.tasks.start(
                Operation(lambda _: self._parts.hub.keep_token(text.strip()), "keyring", owner=self).success(self._kept)
            )

    def _kept(self, notice: str) -> None:
        """``notice``: why the key is not in the keyring; else empty."""
        self._say(notice or self.tr("The key is in the keyring."), "warn" if notice else "info")

    def _remove(self) -> None:
        self._parts.tasks.start(
            Operation(lambda _: self._parts.hub.forget_token(), "keyring", owner=self).success(
                lambda _: self._say(self.tr("The key is removed."), "info")
            )
        )
