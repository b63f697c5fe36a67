"""Everything the side panel knows of one thing, as text that can be copied."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from stillroom.engine.engine import EngineStatus
from stillroom.engine.protocol import ModelInfo
from stillroom.ui.controls import Button, describe
from stillroom.ui.panel.measurements import Measurement
from stillroom.ui.wording import percent_text, size_text


def model_details(model: ModelInfo, engine: EngineStatus) -> list[tuple[str, str]]:
    """What a model is and how it was loaded, as names and figures."""
    options, worker = model.options, engine.worker
    attention = {None: "as the engine chooses", True: "flash", False: "plain"}[options.flash_attention]
    return [
        ("Name", model.name),
        ("File", model.path if PurePath(model.path).stem.startswith(model.name) else f"{model.path} (a faster copy)"),
        ("Architecture", model.architecture),
        ("Parameters", f"{model.parameters:,}"),
        ("Quantization", model.quantization or "not told"),
        ("Size", size_text(model.size)),
        ("Context", f"{model.context_tokens:,} tokens; made for up to {model.trained_context_tokens:,}"),
        ("Vocabulary", f"{model.vocabulary:,}"),
        ("Chat template", "yes" if model.has_chat_template else "none: it continues text, but does not chat"),
        ("Runs on", f"{model.backend}, {model.gpu_layers} layers on a GPU"),
        ("Threads", f"{worker.threads_prompt} for reading, {worker.threads_generate} for writing"),
        ("Read at a time", f"{options.ubatch} tokens"),
        ("Attention", attention),
        ("Cache", options.kv_type),
        ("Loaded in", f"{model.load_seconds:.1f} s"),
        ("Adapters", ", ".join(adapter.path for adapter in options.adapters) or "none"),
    ]


def memory_details(measured: Measurement, model: ModelInfo | None) -> list[tuple[str, str]]:
    """Where the memory is."""
    total = measured.machine_total
    own = measured.application + measured.worker + measured.readers
    found = [
        ("Window", size_text(measured.application)),
        ("Model worker", f"{size_text(measured.worker)}, {percent_text(measured.worker / total)} of the machine"),
        ("File readers", size_text(measured.readers)),
        ("Stillroom together", f"{size_text(own)}, {percent_text(own / total)} of the machine"),
        ("Other programs and the system", size_text(max(0, measured.machine_used - own))),
        ("Machine", f"{size_text(measured.machine_used)} of {size_text(total)} in use"),
    ]
    if model is not None:
        found.insert(2, ("of it the model's file", f"{size_text(model.size)}; the rest is context and working room"))
    for gpu in measured.machine.gpus:
        used = size_text(gpu.used) if gpu.used is not None else "not told by the driver"
        whole = size_text(gpu.total) if gpu.total is not None else "not told by the driver"
        found.append((gpu.name, f"{used} of {whole} in use"))
        found.append(("of it the model", size_text(gpu.worker) if gpu.worker is not None else "none, or not told"))
    if not measured.machine.gpus:
        found.append(("GPU", "no GPU was found: no driver of one answers, and the system lists none"))
    throttled = {None: "not told by this machine", True: "slowed down by heat", False: "not slowed down by heat"}
    found.append(("Processor", throttled[measured.machine.throttled]))
    return found


def speed_details(engine: EngineStatus) -> list[tuple[str, str]]:
    """How fast it works, and what waits."""
    worker = engine.worker
    return [
        ("Reading now", f"{worker.reading:.1f} tokens a second"),
        ("Reading, last work", f"{worker.prompt_speed:.1f} tokens a second"),
        ("Writing now", f"{worker.writing:.1f} tokens a second"),
        ("Writing, last work", f"{worker.generate_speed:.1f} tokens a second"),
        ("First word, last answer", f"{worker.first_token_seconds:.2f} s"),
        ("Requests under way", str(worker.requests)),
    ]


class DetailsDialog(QDialog):
    """Names and figures, to be read and copied."""

    def __init__(self, parent: QWidget, title: str, rows: list[tuple[str, str]]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(620, 420)
        column = QVBoxLayout(self)
        self.text = QPlainTextEdit("\n".join(f"{name}: {figure}" for name, figure in rows))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        describe(self.text, title)
        column.addWidget(self.text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = Button(self.tr("Copy"), "", "copy", lambda: QApplication.clipboard().setText(self.text.toPlainText()))
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
