"""Choices of our own with short texts of each option, to try on them what is to hold for choices that nobody knows.

    made_choices.py FOLDER [--languages en] [--uneven] [--seed 0]

Writes each choice of made_choices.toml into FOLDER as a template (NAME.toml) with labels (NAME.jsonl) and texts (NAME/), and prints what
fit_choices.py and learning_curve.py take for it. With ``--uneven`` an option keeps from one text to all of them, by lot, as options have
that a person labels by and by; each choice then has some options with too few labels to learn of.

What is fitted on such texts is judged on choices left out whole; the labelled sets of ../shared/data are looked at when all is decided.
No text was made after one of those sets, or by their labels.
"""

from __future__ import annotations

import argparse
import json
import random
import tomllib
from pathlib import Path

from stillroom.templates.template import Field, FieldType, Option, Template
from stillroom.templates.toml_writing import template_to_toml


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--languages", default="en")
    parser.add_argument("--uneven", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    languages = arguments.languages.split(",")
    made = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for name, choice in made.items():
        chance = random.Random(f"{name} {arguments.seed}")
        options = {value: each for value, each in choice.items() if value != "about"}
        field = Field(
            "kind", FieldType.CHOICE, description=choice["about"], required=True,
            options=tuple(Option(value, each["about"]) for value, each in options.items()),
        )  # fmt: skip
        template = Template(name, 1, name.replace("_", " ").capitalize(), choice["about"], (field,))
        texts = arguments.folder / name
        texts.mkdir(parents=True, exist_ok=True)
        (arguments.folder / f"{name}.toml").write_text(template_to_toml(template), encoding="utf-8")
        labels = []
        for value, each in options.items():
            own = [text for language in languages for text in each.get(language, ())]
            for number, text in enumerate(
                chance.sample(own, chance.randint(1, len(own)) if arguments.uneven else len(own))
            ):
                file = texts / f"{value}-{number}.txt"
                file.write_text(text + "\n", encoding="utf-8")
                labels.append({"file": f"{name}/{file.name}", "fields": {"kind": value}})
        path = arguments.folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(each) + "\n" for each in labels), encoding="utf-8")
        print(f"{path}={arguments.folder / name}.toml=kind  {path}:{arguments.folder / name}.toml:kind")


if __name__ == "__main__":
    main()
