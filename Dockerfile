# llmock serve in an image that holds nothing else.
#
#   docker build -t llmock .
#   docker run -p 8000:8000 llmock
#
# The file `docs/serve.md` has the variables by which it is configured.

FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked -p llmock-cli \
    && cp target/dist/llmock /llmock

# With the C library and the certificates that `--record` needs; without a shell, and not as root.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /llmock /usr/local/bin/llmock
# Inside a container nobody reaches the loopback address.
ENV LLMOCK_HOST=0.0.0.0
EXPOSE 8000
# By number, since a cluster that asks for `runAsNonRoot` cannot look a name up.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/llmock", "serve"]
