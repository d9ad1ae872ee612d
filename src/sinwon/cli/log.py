"""Logs as JSON lines: events with codes and counts, never a person's data. The encoder is the fast one: each request logs."""

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any, BinaryIO

import msgspec
import structlog


def configure_logs(level: int = logging.INFO, file: BinaryIO | None = None, *, for_good: bool = False) -> None:
    """Ours through structlog, to standard error or `file`; other libraries' only from warnings up.

    `for_good` spares each event the look at the configuration, which then cannot change any more in this process.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(file or sys.stderr.buffer),
        cache_logger_on_first_use=for_good,
    )


def _line(logger: object, level: str, event: MutableMapping[str, Any]) -> bytes:
    """One JSON object: what was said, when (Unix seconds) and how grave. In one step, because every request pays for it."""
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, level, event)
    event["level"], event["timestamp"] = level, time.time()
    return msgspec.json.encode(event)
