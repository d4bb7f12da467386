# Two stages: the first installs everything into /opt/threadbot, the second takes that and nothing else.
# .ci/docker-steps runs these steps without a Docker engine.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python -m venv /opt/threadbot
COPY requirements.lock ./
RUN /opt/threadbot/bin/python -m pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY bot bot
# The pinned hatchling builds the wheel, and is not needed afterwards.
RUN /opt/threadbot/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/threadbot/bin/python -m pip install --quiet --no-deps --no-index dist/*.whl

FROM python:3.13-slim
# The model's SDK trusts the system's certificates: say now if the base image ever comes without them.
RUN test -s /etc/ssl/certs/ca-certificates.crt
RUN groupadd --system --gid 10001 threadbot \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --no-create-home threadbot \
    && mkdir -p /data \
    && chown 10001:10001 /data
COPY --from=build /opt/threadbot /opt/threadbot
# SQLITE_TMPDIR: VACUUM copies the whole database there; compose.yaml has /tmp in memory.
ENV PATH=/opt/threadbot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/threadbot.db \
    SQLITE_TMPDIR=/data
WORKDIR /data
# In numbers, so that Kubernetes' runAsNonRoot can see that it is not root. It writes to /data and /tmp only.
USER 10001:10001
VOLUME /data
# HTTP_PORT, the public listener, for Slack over HTTP. Socket Mode needs no port.
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + (os.environ.get('INTERNAL_PORT') or '8766') + '/healthz', timeout=4)"]
CMD ["threadbot", "run"]
