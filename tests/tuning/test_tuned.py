"""How a model is to be loaded: as it was tuned, and as the person chose."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.gguf.make_gguf import write_tiny

from stillroom import paths
from stillroom.engine.protocol import LoadOptions
from stillroom.models.library import find_model
from stillroom.models.model_file import ModelFile
from stillroom.tuning import tuned
from stillroom.tuning.tuned import load_plan


class Tuning:
    """Of a machine on which a cache of 8 bits was fastest."""

    environment = (("OMP_WAIT_POLICY", "passive"),)

    def load_options(self, *, context_tokens: int, threads: int) -> LoadOptions:
        found = LoadOptions(context_tokens=context_tokens, kv_type="q8_0", flash_attention=True, threads_prompt=4)
        return replace(found, threads_generate=threads) if threads else found


@pytest.fixture
def tiny() -> ModelFile:
    return find_model(str(write_tiny(paths.models_dir() / "tiny-Q8_0.gguf")))


def test_without_a_tuning_the_worker_chooses(tiny: ModelFile) -> None:
    plan = load_plan(tiny, context_tokens=2048, threads=3)
    assert plan.options == LoadOptions(context_tokens=2048, threads_prompt=3, threads_generate=3)
    assert plan.environment == {}
    assert load_plan(tiny, kv_type="q8_0").options.kv_type == "q8_0"


def test_a_chosen_cache_goes_before_the_tuned_one(tiny: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuned, "tuned_options", lambda _: Tuning())
    plan = load_plan(tiny, context_tokens=2048)
    assert (plan.options.kv_type, plan.options.flash_attention) == ("q8_0", True)
    assert plan.environment == {"OMP_WAIT_POLICY": "passive"}
    assert load_plan(tiny, kv_type="q8_0").options.flash_attention is True, "as it was tuned"
    chosen = load_plan(tiny, kv_type="f16").options
    assert (chosen.kv_type, chosen.flash_attention, chosen.threads_prompt) == ("f16", None, 4)
