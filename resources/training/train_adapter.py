"""Trains a LoRA adapter on questions and their right answers, as tokens. Runs in the converter's environment, never in the application.

    python train_adapter.py EXAMPLES MODEL TARGET CHECKPOINT

EXAMPLES is JSON: ``settings``, and ``examples``, each the tokens of a ``prefix`` and its ``branches``: the tokens of a ``suffix`` (the
question) and of the ``answer``. MODEL is a GGUF file, or a folder with safetensors. The adapter is written into the folder TARGET, as
PEFT does, with the model's config.json beside it; CHECKPOINT is where it goes on, written every half minute.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import time
from pathlib import Path

_CHECKPOINT_SECONDS = 30.0
_WARMED_UP = 0.1  # of all steps
_LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def main(examples: Path, source: Path, target: Path, checkpoint: Path) -> int:
    # Threads that wait give way: beside other programs spinning ones take the time of those they wait for.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    given = json.loads(examples.read_text("utf-8"))
    settings = given["settings"]
    torch.set_num_threads(settings["threads"])
    torch.manual_seed(settings["seed"])
    # Without a processor's own instructions for it, it is slower, not faster.
    bfloat = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    model = adapted(loaded(source, torch.bfloat16 if bfloat else torch.float32), settings)
    trained = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW([value for _, value in trained], lr=settings["rate"], weight_decay=0.0)
    order = orders(len(given["examples"]), settings)
    batches = [order[start : start + settings["batch"]] for start in range(0, len(order), settings["batch"])]
    done = went_on(checkpoint, trained, optimizer)
    written = time.monotonic()
    model.train()
    for step in range(done, len(batches)):
        say(step / len(batches))
        share = (step + 1) / len(batches)
        rate = min(1.0, share / _WARMED_UP) * 0.5 * (1 + math.cos(math.pi * share))
        for group in optimizer.param_groups:
            group["lr"] = settings["rate"] * rate
        total = 0.0
        for place in batches[step]:
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat):
                loss = loss_of(model, given["examples"][place]) / len(batches[step])
            loss.backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_([value for _, value in trained], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        print(f"step {step + 1} of {len(batches)}: {total:.3f}", flush=True)
        if step == done or time.monotonic() - written > _CHECKPOINT_SECONDS:
            keep(checkpoint, trained, optimizer, step + 1)
            written = time.monotonic()
    keep(checkpoint, trained, optimizer, len(batches))
    model.save_pretrained(target)
    base = model.get_base_model()
    base.config.architectures = [type(base).__name__]  # a GGUF file does not say it, and the conversion asks for it
    base.config.save_pretrained(target)
    say(1.0)
    return 0


def loaded(source: Path, numbers):
    """The model, its own weights taken out of their quantization; they are not trained.

    Attention is reckoned as plain products: in 16 bits a processor takes half the time of what PyTorch has for it.
    """
    from transformers import AutoModelForCausalLM

    where = {"gguf_file": source.name} if source.is_file() else {}
    folder = source.parent if source.is_file() else source
    return AutoModelForCausalLM.from_pretrained(
        folder, dtype=numbers, attn_implementation="eager", local_files_only=True, trust_remote_code=False, **where
    )


def adapted(model, settings):
    """The model with fresh weights of an adapter, the only ones that are trained."""
    from peft import LoraConfig, get_peft_model

    names = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()}
    layers = [name for name in _LAYERS if name in names]
    if not layers:
        raise SystemExit("the layers of this model are not known")
    # Repeats what is costly to keep where memory is short.
    if settings["frugal"]:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.enable_input_require_grads()
    model.config.use_cache = False
    return get_peft_model(
        model,
        LoraConfig(
            r=settings["rank"], lora_alpha=2 * settings["rank"], target_modules=layers, lora_dropout=settings["dropout"],
            task_type="CAUSAL_LM",
        ),
    )  # fmt: skip


def loss_of(model, example):
    """How improbable the right answers are: each question counts alike. Questions see the prefix and themselves, as in extraction."""
    import torch

    tokens, places, asked, wanted, weights = list(example["prefix"]), list(range(len(example["prefix"]))), [], [], []
    blocks = []
    for branch in example["branches"]:
        start = len(tokens)
        own = branch["suffix"] + branch["answer"][:-1]
        tokens += own
        places += range(len(example["prefix"]), len(example["prefix"]) + len(own))
        blocks.append((start, len(tokens)))
        first = start + len(branch["suffix"]) - 1
        asked += range(first, first + len(branch["answer"]))
        wanted += branch["answer"]
        weights += [1 / len(branch["answer"]) / len(example["branches"])] * len(branch["answer"])
    size = len(tokens)
    mask = torch.ones(size, size, dtype=torch.bool).tril()
    for start, end in blocks:
        mask[start:end, len(example["prefix"]) : start] = False
    logits = model(
        input_ids=torch.tensor([tokens]),
        position_ids=torch.tensor([places]),
        attention_mask=torch.zeros(1, 1, size, size).masked_fill(~mask, torch.finfo(torch.float32).min).to(model.dtype),
        logits_to_keep=torch.tensor(asked),
    ).logits[0]
    losses = torch.nn.functional.cross_entropy(logits.float(), torch.tensor(wanted), reduction="none")
    return (losses * torch.tensor(weights)).sum()


def orders(count: int, settings: dict) -> list[int]:
    """The examples as they are taken, the same in every run, so that one goes on where it stopped."""
    chance = random.Random(settings["seed"])
    return [place for _ in range(settings["epochs"]) for place in chance.sample(range(count), count)]


def went_on(checkpoint: Path, trained, optimizer) -> int:
    """The steps that are done, with what they trained."""
    import torch

    if not checkpoint.is_file():
        return 0
    kept = torch.load(checkpoint, weights_only=True)
    with torch.no_grad():
        for name, value in trained:
            value.copy_(kept["adapter"][name])
    optimizer.load_state_dict(kept["optimizer"])
    return int(kept["step"])


def keep(checkpoint: Path, trained, optimizer, step: int) -> None:
    import torch

    temporary = checkpoint.with_suffix(".part")
    adapter = {name: value.detach() for name, value in trained}
    torch.save({"adapter": adapter, "optimizer": optimizer.state_dict(), "step": step}, temporary)
    temporary.replace(checkpoint)


def say(share: float) -> None:
    """Read by the converter's process."""
    print(f"Training: {100 * share:.2f}%|", flush=True)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:5])))
