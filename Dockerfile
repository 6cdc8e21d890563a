# An image of this project: fleetfeed, its feeds and geocoders. docs/operations.md explains how to deploy it.

FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt hatch_build.py README.md LICENSE fleetfeed.toml ./
COPY core core
COPY feeds feeds
COPY geocoders geocoders
COPY positions positions
COPY maps maps
COPY migrations migrations
COPY tools/build_page.py tools/
COPY web web
# All packages come as wheels: nothing is compiled. The environment has no pip of its own.
RUN python -m venv --without-pip /opt/fleetfeed \
    && pip --python /opt/fleetfeed/bin/python install --no-cache-dir -c constraints.txt '.[dispatch]'

FROM python:3.12-slim AS base
ENV TZ=Africa/Nairobi \
    PATH=/opt/fleetfeed/bin:$PATH \
    FLEETFEED_PROJECT=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# The base image brings tzdata; without it the C library would silently take TZ for UTC.
RUN test -f "/usr/share/zoneinfo/$TZ" \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin fleetfeed
COPY --from=build /opt/fleetfeed /opt/fleetfeed
WORKDIR /app
COPY fleetfeed.toml import_tickets.py ./
COPY feeds feeds
COPY geocoders geocoders
COPY positions positions
COPY maps maps
USER 10001:10001
# Whether the program starts and its settings can be read; never the age of data, or a new deployment would be unhealthy.
HEALTHCHECK --interval=5m --timeout=30s --start-period=30s CMD ["fleetfeed", "--quiet", "schedule", "show"]

# For an external scheduler, which calls `fleetfeed run` in this container: it waits until it is stopped.
FROM base AS idle
CMD ["python", "-c", "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit()); signal.pause()"]

# The default, as it is the last: one process that runs every feed on its schedule.
FROM base AS schedule
CMD ["fleetfeed", "schedule", "run"]
