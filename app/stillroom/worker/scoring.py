"""Scores of candidate answers: each question's candidates as one tree of tokens, evaluated once.

The probability of a candidate is the product of its tokens' probabilities over the whole vocabulary,
``log p(c) = sum_i log softmax(logits_i)[c_i]``, its end included. Candidates that begin alike share the tokens they
have in common (a trie), and all questions share the cells of the text in front of them. A token of the tree carries
the ids of every candidate below it, so that llama.cpp lets it see its own ancestors and nothing else.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stillroom.engine.protocol import Piece, Question, ScoreRequest, ScoreResult
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells, Held
from stillroom.worker.llama import Entry, LoadedModel

# Sequences kept back for other requests (chat, prefixes) while candidates are scored.
_SEQUENCES_KEPT = 32


@dataclass(slots=True)
class Node:
    """A token after its parent's. ``children`` by token; ``leaf`` below which no token needs to be evaluated."""

    token: int
    children: dict[int, Node] = field(default_factory=dict)
    sequences: list[int] = field(default_factory=list)
    log_probability: float = 0.0


@dataclass(slots=True)
class Tree:
    """A question's suffix and the trie of its candidates."""

    suffix: list[int]
    candidates: list[list[int]]
    root: Node = field(default_factory=lambda: Node(-1))
    leaves: int = 0

    def __post_init__(self) -> None:
        for candidate in self.candidates:
            node = self.root
            for token in candidate:
                node = node.children.setdefault(token, Node(token))
        self.leaves = max(1, _count_evaluated_leaves(self.root))

    @property
    def tokens(self) -> int:
        """Tokens to evaluate: the suffix and every node that has children."""
        return len(self.suffix) + _count_inner(self.root) - 1


def hold_prefix(
    model: LoadedModel, cells: Cells, pieces: Sequence[Piece], on_evaluated: Callable[[int], None] | None = None
) -> Generator[None, None, Held]:
    """Evaluate the pieces of a prefix that are not held yet; returns the held sequence, used by the caller.

    Reuse is only at the ends of pieces, and a piece is always cut at the same places, so that a value does not depend
    on what was evaluated before. Yields None after each bounded step; ``on_evaluated`` is told its tokens.
    """
    if any(piece.picture for piece in pieces):
        raise EngineError("Pictures can be talked about in Chat only.")
    parts = [model.tokenize(piece.text, special=piece.special, first=not index) for index, piece in enumerate(pieces)]
    parts = [part for part in parts if part]
    held: Held | None = None
    known = len(parts)
    while known and held is None:
        held = cells.find(list(itertools.chain(*parts[:known])))
        known -= held is None
    if held is not None:
        held.users += 1
    for own in parts[known:]:
        cells.give_way(len(own))
        fresh = cells.hold(held, len(held.tokens) if held else 0)
        if held is not None:
            cells.release(held)
        held, seconds = fresh, 0.0
        try:
            size = model.options.ubatch
            for start in range(0, len(own), size):
                chunk = own[start : start + size]
                offset, began = len(fresh.tokens), time.perf_counter()
                model.evaluate([Entry(token, offset + step, (fresh.sequence,)) for step, token in enumerate(chunk)])
                if cells.worth is not None and start + size >= len(own):
                    model.wait()
                seconds += time.perf_counter() - began
                fresh.tokens.extend(chunk)
                if on_evaluated is not None:
                    on_evaluated(len(chunk))
                yield None
        except BaseException:
            cells.forget(fresh)
            raise
        if cells.worth is not None:
            cells.worth.has_read(len(own), seconds)
    if held is None:
        raise EngineError("There is no text to score against.")
    cells.keep(held)
    return held


def score(model: LoadedModel, cells: Cells, request: ScoreRequest) -> Generator[ScoreResult | None, None, None]:
    """Score every candidate of every question. Yields None after each bounded step, the result at the end."""
    started = time.monotonic()
    evaluated = 0

    def count(tokens: int) -> None:
        nonlocal evaluated
        evaluated += tokens

    held = yield from hold_prefix(model, cells, request.prefix, count)
    try:
        trees = [_tree(model, question) for question in request.questions]
        scores: list[tuple[float, ...]] = []
        group: list[Tree] = []
        space = min(cells.free_sequences, 255) - _SEQUENCES_KEPT
        for tree in [*trees, None]:
            if group and (tree is None or sum(each.leaves for each in group) + tree.leaves > space):
                yield from _evaluate(model, cells, held, group)
                evaluated += sum(each.tokens for each in group)
                scores.extend(
                    tuple(_path_score(each.root, candidate) for candidate in each.candidates) for each in group
                )
                group = []
            if tree is not None:
                group.append(tree)
    finally:
        cells.release(held)
    yield ScoreResult(
        scores=tuple(scores),
        lengths=tuple(tuple(len(candidate) for candidate in tree.candidates) for tree in trees),
        prefix_tokens=len(held.tokens),
        evaluated_tokens=evaluated,
        seconds=time.monotonic() - started,
    )


def _tree(model: LoadedModel, question: Question) -> Tree:
    end = model.tokenize(question.end, special=True) if question.end else []
    suffix = model.tokenize(question.suffix, special=True)
    candidates = [model.tokenize(candidate, special=False) + end for candidate in question.candidates]
    if not suffix or not candidates or not all(candidates):
        raise EngineError("A question needs a text, and at least one candidate that is not empty.")
    return Tree(suffix, candidates)


def _walk(root: Node) -> Iterator[Node]:
    """The nodes that are evaluated, each before those below it. A long text is a deep tree, so this does not recurse."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in reversed(node.children.values()) if child.children)


def _is_leaf(node: Node) -> bool:
    return not any(child.children for child in node.children.values())


def _count_evaluated_leaves(root: Node) -> int:
    """Paths that need a sequence of their own: the last token of a candidate is never evaluated, only looked up."""
    return sum(_is_leaf(node) for node in _walk(root) if node is not root)


def _count_inner(root: Node) -> int:
    return sum(1 for _ in _walk(root))


def _evaluate(model: LoadedModel, cells: Cells, held: Held, trees: list[Tree]) -> Generator[None, None, None]:
    count = sum(tree.tokens for tree in trees)
    cells.reserve(count)
    sequences: list[int] = []
    try:
        sequences = cells.fork(held, sum(tree.leaves for tree in trees))
        entries: list[Entry] = []
        nodes: list[Node | None] = []
        offset = 0
        for tree in trees:
            _lay_out(tree, sequences[offset : offset + tree.leaves], len(held.tokens), entries, nodes)
            offset += tree.leaves
        size = model.options.ubatch
        for start in range(0, len(entries), size):
            chunk = entries[start : start + size]
            wanted = [node for node in nodes[start : start + size] if node is not None]
            for node, logits in zip(wanted, model.evaluate(chunk), strict=True):
                _spread(node, logits)
            yield None
    finally:
        cells.drop_scratch(sequences, count)


def _lay_out(tree: Tree, sequences: list[int], position: int, entries: list[Entry], nodes: list[Node | None]) -> None:
    """Put the tree's tokens in the order of a walk from the root; each carries the sequences below it."""
    last = len(tree.suffix) - 1
    for index, token in enumerate(tree.suffix):
        entries.append(Entry(token, position + index, sequences, index == last))
        nodes.append(tree.root if index == last else None)
    remaining = iter(sequences)

    walked = list(_walk(tree.root))
    for node in walked:
        if _is_leaf(node):
            node.sequences = [next(remaining)]
    for node in reversed(walked):
        if not _is_leaf(node):
            node.sequences = [
                number for child in node.children.values() if child.children for number in child.sequences
            ]
    stack = [(child, position + last + 1) for child in reversed(tree.root.children.values()) if child.children]
    while stack:
        node, place = stack.pop()
        entries.append(Entry(node.token, place, node.sequences, True))
        nodes.append(node)
        stack.extend((child, place + 1) for child in reversed(node.children.values()) if child.children)


def _spread(node: Node, logits: npt.NDArray[np.float32]) -> None:
    """Give each child its log probability."""
    top = float(logits.max())
    total = top + float(np.log(np.exp(logits - top).sum(dtype=np.float64)))
    for token, child in node.children.items():
        child.log_probability = float(logits[token]) - total


def _path_score(root: Node, candidate: list[int]) -> float:
    total, node = 0.0, root
    for token in candidate:
        node = node.children[token]
        total += node.log_probability
    return total
