# Two stages from one Python: the first builds the environment from the lock, the second holds nothing else.
ARG PYTHON_IMAGE=python:3.13-slim-trixie
FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock ./
# The lock's first part is what the daemon needs and is built with; tests and their tools stand behind the break.
# /opt/monitor is all that is kept, so pip works on it from outside.
RUN python -m venv tools \
    && python -m venv --without-pip /opt/monitor \
    && sed '/^# --- development and tests ---$/,$d' requirements.lock > runtime.lock \
    && tools/bin/pip --python /opt/monitor/bin/python install --require-hashes --only-binary :all: -r runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations ./migrations
COPY monitor ./monitor
RUN tools/bin/pip --python /opt/monitor/bin/python install --no-deps --no-build-isolation . \
    && tools/bin/pip --python /opt/monitor/bin/python uninstall --yes \
        editables hatchling pathspec pluggy trove-classifiers

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="news-monitor" \
      org.opencontainers.image.description="Watches news feeds for your topics and tells each story once." \
      org.opencontainers.image.licenses="Apache-2.0"
# One heap for all threads: with a heap for each, glibc keeps more of what was freed (make bench prints it as idle).
ENV PATH=/opt/monitor/bin:$PATH \
    MALLOC_ARENA_MAX=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MONITOR_CONFIG=/config
COPY --from=build /opt/monitor /opt/monitor
COPY config /config
# The database's default url, sqlite:///data/monitor.db, is relative: from / it is the volume /data.
WORKDIR /
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin monitor \
    && mkdir /data \
    && chown 10001:10001 /data \
    && chmod -R a+rX /config
USER 10001:10001
VOLUME ["/config", "/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# Fails when the heartbeat is stale: a daemon that hangs is as unhealthy as one that is dead.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=2 CMD ["python", "-m", "monitor.health"]
ENTRYPOINT ["monitor"]
CMD ["run"]
