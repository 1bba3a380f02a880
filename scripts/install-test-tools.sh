#!/bin/sh
# Installs what the build and all tests need that npm does not bring: compilers, the toolchain of the sensor, and the
# real programs that tests observe. Only where WEIR_TEST_INSTALL=1 says so, as root on Debian; what it does it prints.
# No service that comes with a package is started.
set -eu

[ "${WEIR_TEST_INSTALL-}" = 1 ] || exit 0

packages='python3 make g++ openssl
clang bpftool libbpf-dev libelf-dev zlib1g-dev libssl-dev gcc libc6-dev iproute2 util-linux libcap2-bin
curl wget gnutls-bin python3-requests golang-go
postgresql redis-server mariadb-server nats-server
systemd dpkg sqlite3
graphviz chromium libnss3'

missing=
for package in $packages; do
  case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
    *' installed') ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "weir: tests: missing:$missing; these are installed as root on Debian only" >&2
  exit 1
fi
echo "weir: tests: installing:$missing" >&2

# Denies every start of a service while packages are set up; one that the host has is left as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >&2
