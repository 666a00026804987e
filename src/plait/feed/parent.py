"""The parent's side of multi-process loading.

Every worker has one connection, and there are no threads or queues here: requests are small and a worker always reads them,
answers are waited for on all connections at once together with the workers' deaths. So nothing can wait for what never comes.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

from plait.feed import messages, worker

__all__ = ["Workers"]

_PATIENCE = 5.0

# This process's ends of all workers' connections: a forked worker closes its copies of them, so that ends stay ends.
_open: set[Any] = set()


class Workers:
    """The workers of one pass over a loader (or of many, where they persist): requests go to them in turn, answers come in order.

    A dialect's iterator is this and `_next_index`, the next request (StopIteration where there is none), and
    `_words`, what is said of a failure.
    """

    _workers: list[Any]
    _connections: list[Any]

    def _start(
        self, job: worker.Job, count: int, context: Any, prefetch: int, timeout: float, persists: bool, in_order: bool
    ) -> None:
        """Start `count` workers with `prefetch` requests under way for each; `context` is a multiprocessing context or None."""
        import multiprocessing

        self._num_workers = count
        self._prefetch_factor = prefetch
        self._timeout = timeout
        self._persistent_workers = persists
        self._in_order = in_order
        self._shutdown = False
        self._workers = []
        self._connections = []
        self._pid = os.getpid()
        if context is None:
            context = multiprocessing
        forks = (context.get_start_method() or "") == "fork"
        try:
            for i in range(count):
                here, there = context.Pipe()
                _open.add(here)
                process = context.Process(
                    target=worker.run, args=(there, list(_open) if forks else [], os.getpid(), job, i)
                )
                process.daemon = True
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
                    process.start()
                there.close()
                self._workers.append(process)
                self._connections.append(here)
        except BaseException:
            self._shutdown_workers()
            raise
        self._begin_pass()

    def _next_index(self) -> Any:
        raise NotImplementedError

    def _words(self, failure: messages.Failure) -> str:
        raise NotImplementedError

    def _begin_pass(self, again: bool = False) -> None:
        self._send_idx = 0
        self._rcvd_idx = 0
        #: request number -> [worker] while it is under way, [worker, data] when it came before its turn
        self._task_info: dict[int, list[Any]] = {}
        self._outstanding = [0] * self._num_workers
        self._workers_status = [True] * self._num_workers
        self._turn = 0
        self._resuming = 0
        if again:
            for i in range(self._num_workers):
                self._put(i, messages.Resume())
            self._resuming = self._num_workers
            while self._resuming:
                number, _ = self._get_data()
                if isinstance(number, messages.Resume):
                    self._resuming -= 1
        for _ in range(self._prefetch_factor * self._num_workers):
            self._try_put_index()

    def _put(self, i: int, message: Any) -> None:
        try:
            self._connections[i].send(message)
        except OSError:
            self._dead([i])

    def _dead(self, found: list[int]) -> None:
        """Raise for workers that are gone."""
        gone = [self._workers[i] for i in found]
        for process in gone:
            process.join(_PATIENCE)
        self._shutdown_workers()
        codes = [process.exitcode for process in gone]
        if len(gone) == 1 and codes[0]:
            if codes[0] < 0:
                import signal

                name = signal.strsignal(-codes[0])
                hint = ""
                if -codes[0] == getattr(signal, "SIGBUS", 0):
                    hint = "It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory limit."
                raise RuntimeError(f"DataLoader worker (pid {gone[0].pid}) is killed by signal: {name}. {hint}")
            raise RuntimeError(
                f"DataLoader worker (pid {gone[0].pid}) exited unexpectedly with exit code {codes[0]}. Details are lost due to "
                "multiprocessing. Rerunning with num_workers=0 may give better error trace."
            )
        pids = ", ".join(str(process.pid) for process in gone)
        raise RuntimeError(f"DataLoader worker (pid(s) {pids}) exited unexpectedly")

    def _get_data(self) -> Any:
        """The next answer of any worker."""
        import time
        from multiprocessing.connection import wait

        deadline = time.monotonic() + self._timeout if self._timeout > 0 else None
        while True:
            patience = _PATIENCE
            if deadline is not None:
                patience = deadline - time.monotonic()
                if patience <= 0:
                    self._shutdown_workers(patience=0)
                    raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
            ready = wait([*self._connections, *(w.sentinel for w in self._workers)], timeout=patience)
            lost = []
            for i, connection in enumerate(self._connections):
                if connection in ready:
                    try:
                        return messages.receive(connection)
                    except (EOFError, OSError):
                        lost.append(i)
            lost += [i for i, w in enumerate(self._workers) if w.sentinel in ready and i not in lost]
            if lost:
                self._dead(sorted(lost))

    def _next_data(self) -> Any:
        while True:
            while self._rcvd_idx < self._send_idx:
                info = self._task_info.get(self._rcvd_idx)
                if info is not None:
                    if len(info) == 2 or self._workers_status[info[0]]:
                        break
                    del self._task_info[self._rcvd_idx]
                self._rcvd_idx += 1
            else:
                if not self._persistent_workers:
                    self._shutdown_workers()
                raise StopIteration
            if len(self._task_info[self._rcvd_idx]) == 2:
                i, data = self._task_info.pop(self._rcvd_idx)
                self._rcvd_idx += 1
                return self._process_data(data, i)
            number, data = self._get_data()
            if isinstance(data, messages.End):
                self._workers_status[data.worker_id] = False
                self._outstanding[data.worker_id] = 0
                self._try_put_index()
                continue
            i = self._task_info[number][0]
            if number != self._rcvd_idx and self._in_order:
                self._task_info[number].append(data)
                continue
            del self._task_info[number]
            if number == self._rcvd_idx:
                self._rcvd_idx += 1
            return self._process_data(data, i)

    def _try_put_index(self) -> None:
        try:
            index = self._next_index()
        except StopIteration:
            return
        most = self._prefetch_factor * self._num_workers // max(sum(self._workers_status), 1)
        for step in range(self._num_workers):
            i = (self._turn + step) % self._num_workers
            if self._workers_status[i] and (self._in_order or self._outstanding[i] < most):
                break
        else:
            return
        self._turn = (i + 1) % self._num_workers
        self._task_info[self._send_idx] = [i]
        self._outstanding[i] += 1
        self._send_idx += 1
        self._put(i, (self._send_idx - 1, index))

    def _process_data(self, data: Any, i: int) -> Any:
        self._outstanding[i] -= 1
        self._try_put_index()
        if isinstance(data, messages.Failure):
            data.reraise(self._words(data))
        return data

    def _shutdown_workers(self, patience: float = _PATIENCE) -> None:
        if self._shutdown or os.getpid() != self._pid:
            return
        self._shutdown = True
        for connection in self._connections:
            try:
                connection.send(None)
            except (OSError, ValueError):
                continue
            finally:
                connection.close()
                _open.discard(connection)
        for process in self._workers:
            process.join(patience)
        for process in self._workers:
            if process.is_alive():
                process.terminate()
                process.join(_PATIENCE)
                if process.is_alive():
                    process.kill()
                    process.join(_PATIENCE)

    def __del__(self) -> None:
        if not sys.is_finalizing() and "_pid" in self.__dict__:
            self._shutdown_workers()
