"""What the server counts, for Prometheus: numbers of requests, and nothing of what was in them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from causaray.app.web.service import Service

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


class Metrics:
    """Counts of one server, in a registry of its own."""

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        labels = ("route", "status")
        self._requests = Counter("causaray_requests", "Requests answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "causaray_request_seconds", "Time to the end of the answer.", ("route",), buckets=SECONDS,
            registry=self._registry,
        )  # fmt: skip
        waiting = Gauge("causaray_queue_length", "Edits that wait for their turn.", registry=self._registry)
        waiting.set_function(lambda: service.waiting)
        ready = Gauge("causaray_ready", "1 when the weights are loaded.", registry=self._registry)
        ready.set_function(lambda: service.state == "ready")
        ProcessCollector(registry=self._registry)

    def count(self, route: str, status: int, seconds: float) -> None:
        """One request, answered with `status`."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
