# `just` lists the recipes.
_default:
    @just --list

# Everything that CI runs; installs the tools that are missing
ci:
    scripts/test

# Format the code
fmt:
    cargo fmt --all

# Clippy, warnings are errors
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# All tests; those that need an absent tool are skipped by name
test:
    cargo test --workspace --locked

# The API documentation
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --locked --no-deps

# What compiler and clippy do not check, and whether the documents are true
tidy:
    cargo xtask tidy
    cargo xtask docs

# Side by side with other proxies: `just bench --modes get,upload --rounds 5`
bench *options:
    cargo xtask bench proxy {{ options }}

# The demo, on http://127.0.0.1:8000
demo:
    cargo run --release -- demo
