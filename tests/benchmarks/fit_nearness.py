"""Make resources/within_options.npz of made_choices.toml, and say what it is worth on choices left out whole.

    fit_nearness.py MODEL [--family NAME] [--kept FILE] [--write]

Of each choice its English texts are put to the option that they are nearest to, by what the other choices show of how texts of one option
differ: the share that is right, and the loss of the cosines at the best sharpness, by how many directions count less. ``--family``: what
names of the model begin with; ``--kept`` keeps its embeddings for the next time (loaded with pickle).
"""

from __future__ import annotations

import argparse
import pickle
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stillroom import paths
from stillroom.engine.engine import Engine
from stillroom.extraction import ranking
from stillroom.extraction.subject import PLAIN, Embedder, Embedding, cosines
from stillroom.extraction.within_options import DIRECTIONS, WithinOptions

Vector = npt.NDArray[np.float64]
Choice = tuple[
    Vector, list[dict[str, Vector]]
]  # of its options: their own embeddings, and by language those of their texts
SHARPNESS = (4, 6, 8, 12, 16, 24)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--family", default="SmolLM2-135M-Instruct")
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    plain, choices = embedded(arguments.model, arguments.kept)

    def shown(directions: int) -> tuple[float, float, float]:
        def evened(left_out: str) -> Callable[[Vector], Vector]:
            if not directions:
                return lambda rows: rows
            others = [differences(choice) for name, choice in choices.items() if name != left_out]
            return WithinOptions.of("", np.concatenate(others), directions).evened

        near = {name: nearness(choice, plain, evened(name)) for name, choice in choices.items()}
        right = np.mean([(cosine.argmax(axis=1) == option).mean() for cosine, option in near.values()])
        losses = [np.mean([loss(each * cosine, option) for cosine, option in near.values()]) for each in SHARPNESS]
        print(f"{directions:3} directions: {right:.3f} right, loses {min(losses):.3f}", flush=True)
        return float(right), float(min(losses)), float(np.mean([cosine.std() for cosine, _ in near.values()]))

    as_they_are = shown(0)[-1]
    made = {directions: shown(directions)[-1] for directions in (8, 16, DIRECTIONS, 64, 96)}
    if arguments.write:
        whole = WithinOptions.of(arguments.family, np.concatenate([differences(each) for each in choices.values()]))
        whole = replace(whole, times=as_they_are / made[DIRECTIONS])
        np.savez_compressed(
            paths.resources_dir() / "within_options.npz",
            model=np.array(whole.model),
            spread=whole.spread.astype(np.float16),
            directions=whole.directions.astype(np.float16),
            counts=whole.counts.astype(np.float32),
            times=np.array(whole.times, dtype=np.float32),
        )
        print(f"written, {whole.times:.2f} times")


def embedded(model: Path, kept: Path | None) -> tuple[Vector, dict[str, Choice]]:
    """What the model makes of plain sentences, and of each choice."""
    made = tomllib.loads(Path(__file__).with_name("made_choices.toml").read_text(encoding="utf-8"))
    known: dict[str, Vector] = pickle.loads(kept.read_bytes()) if kept and kept.exists() else {}
    with Engine() as engine:
        embed = Embedder(engine)

        def of(text: str) -> Vector:
            if text not in known:
                if engine.status().model is None:
                    engine.load(model)
                said: Embedding | None = embed(text)
                assert said is not None
                known[text] = said.vector
                if kept and len(known) % 50 == 0:
                    kept.write_bytes(pickle.dumps(known))
            return known[text]

        plain = np.array([of(text) for text in PLAIN])
        choices = {}
        for name, choice in made.items():
            options = {value: each for value, each in choice.items() if value != "about"}
            told = np.array([of(f"{value.replace('_', ' ')}: {each['about']}") for value, each in options.items()])
            texts = [
                {
                    language: np.array([of(text) for text in own])
                    for language, own in each.items()
                    if language != "about"
                }
                for each in options.values()
            ]
            choices[name] = (told, texts)
            print(name, flush=True)
    if kept:
        kept.write_bytes(pickle.dumps(known))
    return plain, choices


def differences(choice: Choice) -> Vector:
    """How far each text is from the mean of those of its option in its language, as far as it is from what all such texts are about."""
    own = [texts for each in choice[1] for texts in each.values() if len(texts) > 1]
    return np.concatenate([(texts - texts.mean(axis=0)) * np.sqrt(len(texts) / (len(texts) - 1)) for texts in own])


def nearness(choice: Choice, plain: Vector, evened: Callable[[Vector], Vector]) -> tuple[Vector, npt.NDArray[np.int64]]:
    """Of each English text how near it is to each option, and the place of its own."""
    told, texts = choice
    option = np.concatenate([np.full(len(each["en"]), place) for place, each in enumerate(texts)])
    english = np.concatenate([each["en"] for each in texts])
    return cosines(evened(english), evened(told), evened(plain)), option


def loss(told: Vector, option: npt.NDArray[np.int64]) -> float:
    return float(np.mean([-np.log(ranking.softmax(own)[place]) for own, place in zip(told, option, strict=True)]))


if __name__ == "__main__":
    main()
