"""Templates that are made of something else are kept where they can be read again."""

from __future__ import annotations

import pytest

from stillroom.errors import TemplateError
from stillroom.templates.template import Field, FieldType, Template
from stillroom.workspace.templates import Templates


def test_what_could_not_be_read_again_is_not_kept() -> None:
    templates = Templates()
    twice = (Field("when", FieldType.DATE), Field("when", FieldType.TIME))
    with pytest.raises(TemplateError, match="used already"):
        templates.keep_new(Template("talk", 1, "Talk", "", twice))
    assert not templates.own.path("talk").exists()
    kept, file = templates.keep_new(Template("talk", 1, "Talk", "", twice[:1]))
    assert templates.read(file)[0] is not None
    assert kept.name == "talk"
