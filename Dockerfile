# Accelerapp in two stages: the first builds the wheel and fetches what it needs, the second holds nothing else.
#     docker build -t accelerapp:0.1.0 .
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /source
COPY requirements/run.lock requirements/run.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src src
RUN uv build --wheel --out-dir /dist \
 && uv venv /opt/accelerapp \
 && uv pip install --no-cache --compile-bytecode --python /opt/accelerapp/bin/python --constraints requirements/run.lock /dist/*.whl

FROM python:3.13-slim
COPY --from=build /opt/accelerapp /opt/accelerapp
# `python` is the one that has accelerapp. The user has a number, which Kubernetes can see is not root.
ENV PATH=/opt/accelerapp/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ACCELERAPP_DATA__FOLDER=/var/lib/accelerapp
RUN useradd --uid 10001 --create-home --home-dir /var/lib/accelerapp accelerapp
USER 10001:10001
WORKDIR /var/lib/accelerapp
VOLUME /var/lib/accelerapp
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["accelerapp", "up", "--host", "0.0.0.0"]
