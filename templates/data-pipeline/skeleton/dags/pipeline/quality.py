"""Holds staged orders against the expectations, before they are loaded."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Great Expectations and Airflow want different versions of what both depend on, so it has a
# virtual environment of its own (requirements-quality.txt).
PYTHON = os.environ.get("QUALITY_PYTHON", "/home/airflow/quality/bin/python")
EXPECTATIONS = Path(__file__).with_name("expectations.py")


class BadData(Exception):
    """The data is not as expected; the message says how."""


def check(rows: Sequence[Mapping[str, Any]]) -> None:
    """Raises BadData unless every expectation is met."""
    done = subprocess.run(
        [PYTHON, EXPECTATIONS],
        input=json.dumps([dict(row) for row in rows]),
        env={**os.environ, "GX_ANALYTICS_ENABLED": "false"},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    if done.returncode == 0:
        return
    if done.returncode == 3:
        raise BadData(done.stdout.strip())
    raise RuntimeError(f"the expectations did not run: {done.stderr.strip()}")
