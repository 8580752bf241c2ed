# syntax=docker/dockerfile:1
# The whole program in a small image: page, build, runtime. `docker build -t streamgate .`

FROM node:22-bookworm-slim AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci
COPY web/ ./
RUN npm run build

FROM rust:1.95-bookworm AS program
WORKDIR /src
COPY . .
COPY --from=page /src/web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --package streamgate \
    && install -D target/release/streamgate /out/streamgate

FROM debian:bookworm-slim
# Roots for upstreams and PostgreSQL over TLS; nothing else is needed. Files in /secrets say themselves who may read them:
# the database's password is for another container's user too.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 streamgate \
    && useradd --uid 10001 --gid streamgate --no-create-home --home-dir /data --shell /usr/sbin/nologin streamgate \
    && install -d -o streamgate -g streamgate -m 0700 /data \
    && install -d -o streamgate -g streamgate -m 0711 /secrets
COPY --from=program /out/streamgate /usr/local/bin/streamgate
USER streamgate
ENV DATA_DIR=/data
VOLUME /data
# serve and platform; edge
EXPOSE 3000 4000
# Longer than the 10 s in which running responses may finish.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s CMD ["streamgate", "health"]
ENTRYPOINT ["streamgate"]
CMD ["serve"]
