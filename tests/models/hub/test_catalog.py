"""The catalog that ships, importing another one, and the three to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillroom import paths
from stillroom.errors import StillroomError
from stillroom.models.fit.estimate import SPARE_BYTES, Machine
from stillroom.models.hub.catalog import TASKS, Catalog, load_catalog, read_catalog, suggest, use_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def machine(gigabytes: float, bandwidth: float = 40e9) -> Machine:
    return Machine(int(gigabytes * 1e9), bandwidth)


def names(catalog: Catalog, task: str, where: Machine) -> list[str]:
    return [suggestion.model.name for suggestion in suggest(catalog, task, where)]


def test_the_catalog_that_ships(catalog: Catalog) -> None:
    assert len(catalog.models) >= 25
    known = {model.name for model in catalog.models}
    assert {
        "Phi-4",
        "Gemma 3 27B",
        "Gemma 3 4B",
        "Llama 3.2 3B Instruct",
        "Llama 3.2 1B Instruct",
        "NuExtract3",
    } <= known
    assert len(known) == len({model.repository for model in catalog.models}) == len(catalog.models)
    assert min(model.parameters for model in catalog.models) < 0.2e9
    assert max(model.parameters for model in catalog.models) <= 32e9
    for model in catalog.models:
        assert model.best_for
        assert all(figure.source for figure in model.benchmarks)
    text = (paths.resources_dir() / "catalog.toml").read_text("utf-8")
    assert "sha256" not in text, "checksums are the hub's own, at run time"


@pytest.mark.parametrize("task", TASKS)
def test_three_to_try_on_an_ordinary_machine(task: str, catalog: Catalog) -> None:
    where = machine(16)
    found = suggest(catalog, task, where)
    assert len(found) == len({item.model.name for item in found}) == 3
    for item in found:
        assert task in item.model.best_for
        assert item.model.rough_bytes + SPARE_BYTES <= where.free_ram
        assert "GB of memory" in item.reason
        assert "tokens a second" in item.reason


def test_what_does_not_fit_is_not_suggested(catalog: Catalog) -> None:
    assert names(catalog, "extract", machine(0.5)) == []
    assert "Qwen3.8 27B" not in names(catalog, "extract", machine(16))
    assert names(catalog, "extract", machine(40, 400e9))[0] == "Qwen3.8 27B"
    assert (
        names(catalog, "extract", Machine(int(2e9), 40e9, free_vram=int(40e9), vram_bandwidth=900e9))[0]
        == "Qwen3.8 27B"
    )


def test_the_reasons(catalog: Catalog) -> None:
    first, special, quick = suggest(catalog, "extract", machine(16))
    assert (first.model.name, special.model.name) == ("Qwen3.5 9B", "NuExtract3")
    assert "ExtractBench 86.1 (LlamaIndex, 370 documents, value F1)" in first.reason
    assert special.reason.startswith("Made for this alone")
    assert "times as fast" in quick.reason
    assert quick.model.active <= first.model.active / 3
    slow = suggest(catalog, "chat", machine(16, 0.1e9))
    assert "expect it to be slow" in slow[0].reason
    assert "tokens a second" not in suggest(catalog, "chat", machine(16, 0))[0].reason


MODEL = '[[models]]\nname = "A"\nrepository = "a/b"\nparameters = 1e9\nbest_for = ["chat"]\n'


def test_importing_a_newer_catalog(tmp_path: Path, catalog: Catalog) -> None:
    file = tmp_path / "new.toml"
    file.write_text(f"date = 2030-01-01\n{MODEL}")
    assert [model.name for model in use_catalog(file).models] == ["A"]
    assert [model.name for model in load_catalog().models] == ["A"]
    file.write_text(f"date = 2020-01-01\n{MODEL}")
    use_catalog(file)
    assert load_catalog() == catalog, "an older one does not replace what ships"
    (paths.data_dir() / "catalog.toml").write_text("broken")
    assert load_catalog() == catalog


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "is no catalog"),
        (MODEL, "date is missing"),
        ("date = 2026-01-01\n", "models is missing"),
        ('date = "today"\n' + MODEL, "not a date"),
        ("date = 2026-01-01\n" + MODEL.replace("a/b", "../../etc"), "no name of a repository"),
        ("date = 2026-01-01\n" + MODEL.replace("chat", "dance"), "the tasks are"),
        ("date = 2026-01-01\n" + MODEL.replace("1e9", "-5"), "not possible"),
        ("date = 2026-01-01\nmodels = [1]\n", "not a table"),
    ],
)
def test_what_is_wrong_with_a_catalog_is_said(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(StillroomError, match=reason):
        use_catalog(file)
    assert not (paths.data_dir() / "catalog.toml").exists()
    with pytest.raises(StillroomError, match="cannot be read"):
        read_catalog(tmp_path / "gone.toml")
