"""A run whose documents are done many at a time: for a model elsewhere, which waits more than this machine works."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from stillroom.cancellation import Cancellation
from stillroom.errors import Cancelled
from stillroom.extraction.estimate import TimeLeft
from stillroom.extraction.result import DocumentResult, DocumentStatus, Progress
from stillroom.extraction.run import Batch, DocumentExtractor, DocumentReader


def run_side_by_side(
    batch: Batch,
    extractor: DocumentExtractor,
    readers: DocumentReader,
    *,
    at_once: int,
    on_result: Callable[[int, DocumentResult], None] = lambda _position, _result: None,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    cancellation: Cancellation | None = None,
) -> None:
    """Do the files without a row, ``at_once`` at a time. Callbacks come on the caller's thread, a result when it is on disk.

    Raises Cancelled (what is on its way is given up, finished rows stay), StorageError and OwnedElsewhere.
    """
    cancellation = cancellation or Cancellation()
    failed, left = 0, TimeLeft()
    with batch.owning(), ThreadPoolExecutor(at_once, thread_name_prefix="remote") as pool:
        waiting = batch.pending()
        going: dict[Future[DocumentResult], int] = {}
        try:
            while waiting or going:
                cancellation.raise_if_requested()
                while waiting and len(going) < at_once:
                    position = waiting.pop(0)
                    going[pool.submit(batch.do_one, position, extractor, readers, cancellation)] = position
                done, _ = wait(going, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    position = going.pop(future)
                    result = future.result()
                    failed += result.status is DocumentStatus.FAILED
                    left.add(result.seconds / at_once)
                    on_result(position, result)
                if done:
                    known = set(waiting) | set(going.values())
                    waiting += [position for position in batch.pending() if position not in known]
                    total, remaining = len(batch.files), len(waiting) + len(going)
                    on_progress(Progress(total - remaining, total, "", left.seconds(remaining), failed))
        except (Cancelled, KeyboardInterrupt):
            cancellation.request()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
