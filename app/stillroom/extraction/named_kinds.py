"""Names that say themselves what they name: "Lund Crown Court", "Amtsgericht Lund" and "Judge Holt" of fields called court and judge."""

from __future__ import annotations

from collections.abc import Sequence

from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.concepts import Meaning, vocabulary, words_of
from stillroom.templates.template import Field

_OF_NAMES = frozenset({"court", "judge", "bank"})
"""Concepts whose words are part of what is called so. Those of others stand before it: "Company: Lund Ltd"."""
_COMPOUND = 5  # letters of a word that others end with: "Amtsgericht"
_LONGEST = 12  # words


def named_kinds(field: Field, meaning: Meaning, candidates: Sequence[Candidate]) -> list[int]:
    """The candidates that have a word of what the field is called among others: of a field whose words are part of such names."""
    role = meaning.roles[field.name]
    if role not in _OF_NAMES:
        return []
    kinds = {key for key, concepts in vocabulary().phrases.items() if role in concepts}
    ends = tuple(key for key in kinds if len(key) >= _COMPOUND)
    known: dict[str, bool] = {}
    for candidate in candidates:
        if candidate.value not in known:
            words = words_of(candidate.value)
            known[candidate.value] = 1 < len(words) <= _LONGEST and any(
                word in kinds or word.endswith(ends) for word in words
            )
    return [at for at, candidate in enumerate(candidates) if known[candidate.value]]
