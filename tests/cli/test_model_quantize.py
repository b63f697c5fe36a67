"""``models quantize`` and ``models import`` of a folder of safetensors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.gguf.make_gguf import write_tiny
from tests.models.make_safetensors import write_folder

from stillroom import paths
from stillroom.cli import main
from stillroom.models.library import find_model


@pytest.mark.model
def test_quantize(capsys: pytest.CaptureFixture[str]) -> None:
    write_tiny(paths.models_dir() / "tiny-Q8_0.gguf")
    assert main(["models", "quantize", "tiny-q8_0", "q4_0"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(str(paths.models_dir() / "tiny-requantized.Q4_0.gguf"))
    assert "of memory instead of" in out
    assert "perplexity" in out
    assert "quantized already" in err
    assert find_model("tiny-requantized.Q4_0").quantization == "Q4_0"
    assert main(["models", "quantize", "tiny-q8_0", "Q4_0"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["models", "quantize", "tiny-q8_0", "Q4_0", "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["memory"] > 0


def test_a_folder_of_safetensors_says_what_to_type(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "published")
    assert main(["models", "import", str(folder)]) == 1
    assert "Type: sh installer/convert.sh" in capsys.readouterr().err
    assert main(["models", "import", str(write_tiny(tmp_path / "a.gguf")), "--type", "Q4_0"]) == 1
    assert "--type is for folders of safetensors" in capsys.readouterr().err


@pytest.mark.model
@pytest.mark.usefixtures("real_converter")
def test_a_folder_of_safetensors_is_converted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["models", "import", str(write_folder(tmp_path / "published")), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "published.F16"
