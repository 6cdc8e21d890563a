"""What the process that all others are forked from has done already: all that costs a run time and changes nothing."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, suppress
from pathlib import Path

import alembic.command  # noqa: F401 (imported for those who come after)
import duckdb  # noqa: F401
import pytest  # noqa: F401 (what every child takes for its own __main__)
import sqlalchemy  # noqa: F401

import fleetfeed.cli.output.documents
import fleetfeed.cli.output.exits
import fleetfeed.cli.output.run_report
import fleetfeed.config.loader
import fleetfeed.database.schema.migrate
import fleetfeed.pipeline.run
import fleetfeed.reader.export
import fleetfeed.stages.upsert
from fleetfeed import cli
from fleetfeed.buckets import open_bucket
from tests.crash.content import BLOCK
from tests.crash.processes import ENVIRONMENT

fleetfeed.stages.upsert.BLOCK = BLOCK  # before anything is forked
os.environ.clear()
os.environ.update(ENVIRONMENT)
open_bucket("s3://bucket/", project=Path(), endpoint_url="http://127.0.0.1:1", access_key="key", secret_key="secret")
with redirect_stderr(io.StringIO()), suppress(SystemExit):
    cli.app(["run"])  # wrong usage: options are read, and nothing is done
