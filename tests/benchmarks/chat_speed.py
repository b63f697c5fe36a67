"""Chat through its session against the bare library, its first token as a conversation grows, and beside a batch.

    python tests/benchmarks/chat_speed.py --model M.gguf [--rounds 3] [--history 6000]

1. Tokens a second of answers through ``ChatSession`` (database, pipes and JSON included) and by llama.cpp's own calls with the
   same settings, taking turns; the ratio of the medians.
2. Time to the first token at turn 2 and at turn 20 of a conversation that grows to ``--history`` tokens; the same new
   question each time, medians of the turns around.
3. While documents are scored on another thread, the longest and the median time between two tokens of an answer.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from raw_speed import Bare, prompt_of

from stillroom.chat.answerer import LocalAnswerer
from stillroom.chat.conversation import ChatSettings, Turn
from stillroom.chat.session import ChatSession
from stillroom.chat.store import ConversationStore
from stillroom.engine.engine import Engine, Limits
from stillroom.engine.protocol import LoadOptions, Piece, Question, Sampling, ScoreRequest
from stillroom.storage.database import Database

GREEDY = ChatSettings(sampling=Sampling(), max_tokens=128)


def answered(session: ChatSession, question: int) -> tuple[Turn, list[float]]:
    """The answer, and when each of its pieces came."""
    times: list[float] = []
    answer = session.answer(question, on_piece=lambda *_: times.append(time.perf_counter()))
    return answer, times


def speed(session: ChatSession, store: ConversationStore, bare: Bare, rounds: int) -> None:
    ours, theirs = [], []
    for number in range(rounds + 1):
        words = prompt_of(number, 200, bare)
        talk = store.create(settings=GREEDY)
        question = session.ask(talk.id, None, f"Write a long story about: {words}")
        answer, pieces = answered(session, question.id)
        if len(pieces) > 2:
            # The first token came with the first piece; one that ends the turn was computed too, though nothing shows it.
            computed = answer.facts.tokens - 1 + (answer.facts.stop_reason == "end")
            ours.append(computed / (pieces[-1] - pieces[0]))
        theirs.append(bare.run(f"Write a long story about: {words}", max(8, answer.facts.tokens))[1])
    left, right = statistics.median(ours[1:]), statistics.median(theirs[1:])
    print(f"generation: chat {left:.1f} tokens/s, bare {right:.1f}; ratio {left / right:.3f}")


def first_token(session: ChatSession, store: ConversationStore, bare: Bare, history: int) -> None:
    """Each turn adds a question of equal length and a short answer."""
    talk = store.create(settings=replace(GREEDY, max_tokens=24))
    leaf: int | None = None
    seconds: list[float] = []
    turns = 21
    for number in range(turns):
        words = prompt_of(100 + number, max(16, history // turns - 40), bare)
        started = time.perf_counter()
        question = session.ask(talk.id, leaf, words)
        answer, first = answered(session, question.id)
        leaf = answer.id
        seconds.append((first[0] if first else time.perf_counter()) - started)
    short: list[float] = []
    for branch, what in ((store.branch(leaf)[3].id, "turn 2"), (leaf, "turn 20")):
        found = []
        for _ in range(3):
            started = time.perf_counter()
            question = session.ask(talk.id, branch, "And then?")
            _, first = answered(session, question.id)
            found.append(first[0] - started)
        short.append(statistics.median(found[1:]))
        tokens = store.branch(branch)[-1].facts.prompt_tokens
        print(f"first token after a short question at {what} ({tokens} tokens before it): {short[-1]:.3f} s")
    print(
        f"ratio {short[1] / short[0]:.2f}; with questions of equal length: turn 2 {seconds[1]:.2f} s, turn 20 {seconds[19]:.2f} s"
    )


def beside_a_batch(engine: Engine, session: ChatSession, store: ConversationStore, bare: Bare) -> None:
    stop = threading.Event()

    def batch() -> None:
        number = 1000
        while not stop.is_set():
            number += 1
            questions = tuple(Question(f"\nField {n}: ", tuple(f"value {k}" for k in range(8)), "\n") for n in range(4))
            engine.score(ScoreRequest((Piece(prompt_of(number, 400, bare)),), questions))

    thread = threading.Thread(target=batch)
    thread.start()
    time.sleep(1)
    talk = store.create(settings=replace(GREEDY, max_tokens=48))
    question = session.ask(talk.id, None, "Tell me about the sea.")
    started = time.perf_counter()
    _, times = answered(session, question.id)
    stop.set()
    thread.join()
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    print(
        f"beside a batch: first token {times[0] - started:.3f} s, between tokens median {statistics.median(gaps):.3f} s, "
        f"longest {max(gaps):.3f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--history", type=int, default=6000)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Database(Path(folder) / "s.sqlite") as database,
        Engine(limits=Limits(silence=300)) as engine,
    ):
        info = engine.load(arguments.model, LoadOptions(context_tokens=8192))
        bare = Bare(arguments.model, info)
        store = ConversationStore(database)
        session = ChatSession(store, LocalAnswerer(engine))
        speed(session, store, bare, arguments.rounds)
        first_token(session, store, bare, arguments.history)
        beside_a_batch(engine, session, store, bare)


if __name__ == "__main__":
    main()
