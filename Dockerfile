# The image of the email assistant: docs/how-to/deploy.md. compose.yaml adds PostgreSQL and Redis.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000

WORKDIR /app

# Packages first: they change less often than the program, so their layer stays cached.
COPY requirements.txt requirements-embedded.txt requirements-constraints.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check \
        --constraint requirements-constraints.txt --requirement requirements.txt \
    && pip install --no-cache-dir --disable-pip-version-check --no-deps --only-binary :all: \
        --constraint requirements-constraints.txt --requirement requirements-embedded.txt

COPY manage.py ./
COPY emailassistant ./emailassistant
COPY assistant_app ./assistant_app
COPY templates ./templates

# Compile now, because /app is read-only at run time. The key is only for this command and is not stored.
RUN python -m compileall -q /app \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin app \
    && SECRET_KEY=only-to-collect-static-files python manage.py collectstatic --no-input --verbosity 0 \
    && chown -R app /data

USER app
EXPOSE 8000

HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]

CMD ["python", "-m", "emailassistant"]
