"""Logs as JSON lines on standard error: events with codes and counts, never a person's data."""

import logging
import sys
from typing import TextIO

import structlog


def configure_logs(level: int = logging.INFO, file: TextIO | None = None) -> None:
    """Ours through structlog; other libraries' only from warnings up."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=file or sys.stderr),
        cache_logger_on_first_use=False,
    )
