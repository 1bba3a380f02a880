#!/bin/sh
# Builds the sensor's loader with its kernel programs inside (bpf/), into runtime/native/, and prints its path on stdout.
# Does nothing while the sources are those that it was built from; of several at once one builds, and the others take what it
# built. Exits 3, with the reason and the command that helps on stderr, where the host lacks what it takes; nothing is ever
# installed here.
set -u
root=$(CDPATH='' cd -P -- "${0%/*}/.." && pwd) || exit 1
out=$root/runtime/native
built=$out/weir-sensor
stamp=$built.sources

[ "$(uname -s)" = Linux ] || { echo "weir: the sensor is for Linux" >&2; exit 3; }
# The sources, by content; the compiler is not part of it, so that a built one is kept where clang has gone.
sources=$(cd "$root/bpf" && find . -name '*.[ch]' | LC_ALL=C sort | xargs cksum; cksum "$root/scripts/build-sensor.sh"; uname -m)
use_built() {
  [ -x "$built" ] && [ "$sources" = "$(cat "$stamp" 2>/dev/null)" ] || return 0
  echo "$built"
  exit
}
use_built

missing=
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
header() { [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ] || missing="$missing $2"; }
need clang clang
need gcc gcc
header bpf/libbpf.h libbpf-dev
header libelf.h libelf-dev
header zlib.h zlib1g-dev
header linux/bpf.h linux-libc-dev
if [ -n "$missing" ]; then
  echo "weir: missing, to build the sensor:$missing (Debian: apt-get install clang gcc libbpf-dev libelf-dev zlib1g-dev)" >&2
  exit 3
fi

mkdir -p "$out" || exit 1
# The lock goes with the process that has it, however that ends. Without flock both build, each in a folder of its own.
if command -v flock >/dev/null; then
  exec 9>"$built.lock" || exit 1
  flock 9
  use_built
  rm -rf "$out"/.sensor-* # of builds that were killed
fi
work=$(mktemp -d "$out/.sensor-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
say() { echo "weir: $*" >&2; }

case $(uname -m) in
  x86_64) target=x86 ;;
  aarch64) target=arm64 ;;
  *) target=$(uname -m) ;;
esac
# The system's own headers, which clang does not look for when its target is bpf.
system=/usr/include/$(gcc -dumpmachine)

cd "$root/bpf" || exit 1
{
  echo '.section .rodata'
  for source in *.bpf.c; do
    name=${source%.bpf.c}
    clang -target bpf -mcpu=v3 -D__TARGET_ARCH_$target -O2 -g -std=gnu11 -Wall -Werror -Wno-unused-function -idirafter "$system" \
      -I. -c "$source" -o "$work/$name.o" || exit 1
    echo "object_$name: .incbin \"$work/$name.o\""
    echo "end_$name: .byte 0"
    echo "name_$name: .asciz \"$name\""
  done
  echo '.section .data.rel.ro, "aw"; .balign 8; .globl embedded_objects; embedded_objects:'
  for source in *.bpf.c; do
    name=${source%.bpf.c}
    echo ".quad name_$name, object_$name, end_$name"
  done
  echo '.quad 0, 0, 0'
  echo '.section .note.GNU-stack, "", %progbits'
} >"$work/objects.S" || { say "the sensor's kernel programs could not be compiled"; exit 1; }

# libbpf stands inside where its static form is there, so that a built loader runs on a host without it.
libraries='-lbpf -lelf -lz'
if echo 'int main(void) { return 0; }' | gcc -x c - -o "$work/try" -Wl,-Bstatic -lbpf -lelf -lz -Wl,-Bdynamic 2>/dev/null; then
  libraries='-Wl,-Bstatic -lbpf -lelf -lz -Wl,-Bdynamic'
fi
loader=$(find . -name '*.c' ! -name '*.bpf.c' ! -path './test/*' | LC_ALL=C sort)
# shellcheck disable=SC2086
gcc -O2 -g1 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-format-truncation -Wno-stringop-truncation -fPIE -pie -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now -I. \
  $loader "$work/objects.S" -o "$work/weir-sensor" $libraries || { say "the sensor's loader could not be compiled"; exit 1; }
mv -f "$work/weir-sensor" "$built" && printf '%s\n' "$sources" >"$stamp.$$" && mv -f "$stamp.$$" "$stamp" || exit 1
say "the sensor is built; it is kept in runtime/native/"
echo "$built"
