"""The three models of text recognition, loaded from the files in RapidOCR's wheel.

The sessions are made here and handed to RapidOCR's stages: left to itself it fetches a model that it does not find, and
gives every processor to threads that spin while they wait.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stillroom.errors import DocumentError, NotNowError

_DETECTION = "*_det_*.onnx"
_RECOGNITION = "*_rec_*.onnx"
_ORIENTATION = "*_cls_*.onnx"

HOW_TO_INSTALL = (
    "Reading pictures needs the OCR part: install it with “pip install stillroom[ocr]” and add the file again."
)


def available() -> bool:
    """Whether pictures can be read: the optional part is installed, its models too."""
    return _missing() == ""


def check_available(what: str) -> None:
    """Raises DocumentError that says what the file is (``This is a picture.``) and how to get it read."""
    missing = _missing()
    if missing:
        raise NotNowError(f"{what} {HOW_TO_INSTALL}", missing)


def _missing() -> str:
    for package in ("rapidocr", "onnxruntime", "cv2"):
        if find_spec(package) is None:
            return f"no {package}"
    folder = _folder()
    for pattern in (_DETECTION, _RECOGNITION, _ORIENTATION):
        if not any(folder.glob(pattern)):
            return f"no {pattern}"
    return ""


def _folder() -> Path:
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise DocumentError(HOW_TO_INSTALL)
    return Path(next(iter(spec.submodule_search_locations))) / "models"


@dataclass(frozen=True)
class Models:
    """RapidOCR's stages. ``detector`` finds lines of text, ``classifier`` tells whether one stands on its head,
    ``recognizer`` reads it."""

    detector: Any
    classifier: Any
    recognizer: Any


class _Configuration(dict[str, Any]):
    """What RapidOCR's stages ask for, by key and by attribute."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@cache
def models() -> Models:
    """The models; loaded at the first call, kept as long as the process. Raises DocumentError where they are missing."""
    check_available("This is a picture.")
    import cv2
    import onnxruntime
    from rapidocr.ch_ppocr_cls import TextClassifier
    from rapidocr.ch_ppocr_det import TextDetector
    from rapidocr.ch_ppocr_rec import TextRecognizer
    from rapidocr.utils.typings import EngineType, OCRVersion

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    cv2.setNumThreads(1)
    onnxruntime.disable_telemetry_events()
    shared = {"engine_type": EngineType.ONNXRUNTIME, "lang_type": "ch", "font_path": None}
    recognition = _session(_RECOGNITION)
    if "character" not in recognition.get_modelmeta().custom_metadata_map:
        raise DocumentError("The OCR part is damaged: its model does not know its letters. Install it again.")
    return Models(
        TextDetector(
            _Configuration(
                shared,
                session=_session(_DETECTION),
                limit_side_len=1 << 16,  # the scale is chosen in recognition.py
                limit_type="max",
                mean=(0.5, 0.5, 0.5),
                std=(0.5, 0.5, 0.5),
                thresh=0.2,
                box_thresh=0.4,
                max_candidates=4000,
                unclip_ratio=1.8,
                use_dilation=True,
                score_mode="fast",
            )
        ),
        TextClassifier(
            _Configuration(
                shared,
                session=_session(_ORIENTATION),
                ocr_version=OCRVersion.PPOCRV4,
                cls_batch_num=6,
                cls_thresh=0.9,
                label_list=["0", "180"],
            )
        ),
        TextRecognizer(
            _Configuration(shared, session=recognition, rec_batch_num=1, rec_img_shape=(3, 48, 160), rec_keys_path=None)
        ),
    )


def _session(pattern: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads()
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # pages differ in size: the arena would keep the largest of everything
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the language model works beside it
    path = min(_folder().glob(pattern))
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def threads() -> int:
    """Of one reader process: one, or two where they leave half of the processors to others."""
    return 2 if (os.cpu_count() or 1) >= 4 else 1
