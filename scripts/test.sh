#!/bin/sh
# The whole check: types, lint, then every test, with the Node that Weir runs on. Stops at the first that fails; its
# last lines are the summary of Node's test runner. Arguments are handed to the test runner instead of all tests.
set -eu
root=$(CDPATH='' cd -P -- "${0%/*}/.." && pwd)
cd "$root"
node=$root/scripts/node
sh "$root/scripts/install-test-tools.sh" # where WEIR_TEST_INSTALL=1 asks for it
"$node" --eval 0 # the set-up, if it is still to be done
echo "weir: types (tsc)" >&2
"$node" node_modules/typescript/bin/tsc --noEmit
"$node" node_modules/typescript/bin/tsc --noEmit -p console/web
echo "weir: lint (biome)" >&2
"$node" node_modules/@biomejs/biome/bin/biome check
echo "weir: tests (node --test)" >&2
[ $# -gt 0 ] || set -- 'test/**/*.test.ts'
# Each file is a process of its own, and most begin programs: what the sources compile to is kept between them.
export NODE_COMPILE_CACHE="$root/runtime/compile-cache"
# A test that hangs is a failure; the limit is for one file, generous for a slow host. A file a core: most of them wait.
exec "$node" --test --test-timeout=300000 --test-concurrency="$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)" "$@"
