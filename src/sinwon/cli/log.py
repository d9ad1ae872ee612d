"""Logs as JSON lines: events with codes and counts, never a person's data. The encoder is the fast one: each request logs."""

import logging
import sys
from typing import Any, BinaryIO

import msgspec
import structlog


def configure_logs(level: int = logging.INFO, file: BinaryIO | None = None, *, for_good: bool = False) -> None:
    """Ours through structlog, to standard error or `file`; other libraries' only from warnings up.

    `for_good` spares each event the look at the configuration, which then cannot change any more in this process.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt=None),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(file or sys.stderr.buffer),
        cache_logger_on_first_use=for_good,
    )


def _encode(event: Any, **_options: object) -> bytes:
    return msgspec.json.encode(event)
