"""What Prometheus reads. No label ever holds a part of a request: routes, not paths; ids of keys nowhere."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_ROWS = (1, 2, 4, 8, 16, 32)


class Metrics:
    """Counts of one server. Safe to use from several threads."""

    def __init__(self) -> None:
        self._all = CollectorRegistry()
        self._requests = Counter("retort_requests", "Requests", ["route", "status"], registry=self._all)
        self._seconds = Histogram(
            "retort_seconds",
            "Time of requests, and of masking and scoring in them",
            ["stage"],
            buckets=_SECONDS,
            registry=self._all,
        )
        self._rows = Histogram(
            "retort_batch_rows", "Rows that the model is run on at once", buckets=_ROWS, registry=self._all
        )
        self._masked = Counter("retort_masked", "Values masked before scoring", ["type"], registry=self._all)
        self._refused = Counter("retort_refused", "Requests refused at the door", ["why"], registry=self._all)
        self._busy = Gauge("retort_busy", "Requests that are being answered", registry=self._all)
        self._moves = Counter("retort_swaps", "Versions that were moved to", registry=self._all)
        self._failed = Counter(
            "retort_failed_swaps", "Tries to move to a version that failed", registry=self._all
        )
        self._alert = Gauge(
            "retort_alert",
            "1 while what is served may not be what is live",
            registry=self._all,
        )
        self._model = Gauge("retort_model", "What is served", ["name", "version"], registry=self._all)

    def took(self, part: str, seconds: float) -> None:
        self._seconds.labels(part).observe(seconds)

    def scored(self, rows: int) -> None:
        self._rows.observe(rows)

    def masked(self, counts: Mapping[str, int]) -> None:
        for kind, count in counts.items():
            self._masked.labels(kind).inc(count)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request came to its end."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels("request").observe(seconds)

    def refused(self, why: str) -> None:
        """A request was refused before the model was asked."""
        self._refused.labels(why).inc()

    def busy(self, requests: int) -> None:
        """So many requests are being answered."""
        self._busy.set(requests)

    def serves(self, name: str, version: str) -> None:
        """The model that is served from the start."""
        self._model.clear()
        self._model.labels(name, version).set(1)

    def alerts(self, alert: Callable[[], str | None]) -> None:
        """What says, whenever it is asked, why an older version than the live one may be served."""
        self._alert.set_function(lambda: alert() is not None)

    def moved(self, name: str, version: str, done: bool) -> None:
        """A version went live and was tried; requests moved to it, or stayed."""
        (self._moves if done else self._failed).inc()
        if done:
            self.serves(name, version)

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._all)
