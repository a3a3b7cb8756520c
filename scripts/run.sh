#!/usr/bin/env bash
# Start one Tidegate command with the toolkit's own interpreter and hash-locked packages.
# The caller's environment stays as it is: no PATH entry, no variable, no package of ours reaches what the command starts.
#
#   run.sh [--prepare] <command> [options]      --prepare only makes the environment
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
prepare=false
if [[ ${1:-} == --prepare ]]; then
  prepare=true
  shift
fi
command=${1:-}
lock=$here/requirements/$command.txt
if [[ ! $command =~ ^[a-z][a-z-]*$ || ! -f $lock ]]; then
  # Help, --version and unknown commands need no packages.
  lock=
fi
locks=(${lock:+"$lock"})
case $command in
  deploy-model | rollback-release | status)
    # Some places to run in need packages that others do not: 75 MB for a cluster.
    if grep -qsE '^target:[[:space:]]*["'\'']?kubernetes' environments/*/environment.yaml; then
      locks+=("$here/requirements/target-kubernetes.txt")
    fi
    # 40 MB for a proxy, where the machine has none.
    if ! PATH=$PATH:/usr/sbin:/usr/local/sbin command -v haproxy >/dev/null &&
      grep -qsE '^target:[[:space:]]*["'\'']?process' environments/*/environment.yaml; then
      locks+=("$here/requirements/proxy-envoy.txt")
    fi
    ;;
  detect-drift)
    # 60 to 450 MB, only where a database or Spark is to count.
    sources=$(grep -shoE '\bsource:[[:space:]]*["'\'']?[a-z]+://' "${INPUT_CONFIG:-tidegate.yaml}" || true)
    if [[ -n $sources ]]; then locks+=("$here/requirements/engine-ibis.txt"); fi
    if [[ $sources == *spark://* ]]; then locks+=("$here/requirements/engine-spark.txt"); fi
    if [[ $sources == *postgres*://* ]]; then locks+=("$here/requirements/engine-postgres.txt"); fi
    ;;
esac

fail() { # exit code, message
  echo "tidegate: $2" >&2
  exit "$1"
}

# One start of Python tells everything: which it really is (not a virtualenv's or a shim), its ABI, the locks' digests.
describe='import hashlib, sys
if sys.version_info < (3, 11):
    sys.exit(1)
print(sys._base_executable, sys.implementation.cache_tag, sep="\n")
for name in sys.argv[1:]:
    print(hashlib.sha256(open(name, "rb").read()).hexdigest()[:16])'

find_python() {
  local candidate
  for candidate in "${TIDEGATE_PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
    if [[ -n $candidate ]] && "$candidate" -I -S -c "$describe" "$@" 2>/dev/null; then
      return
    fi
  done
  fail 2 "E-ENV-001 no Python 3.11 or newer on the PATH. Install one (on Debian: apt-get install python3 python3-venv)."
}

# An environment is built beside its name and gets the name by one link when it is whole, so a killed or a
# second maker never leaves a broken one; built in place, because the programs in it know their own path.
publish() { # folder built, name
  [[ ! -L $2 || -x $2/bin/python ]] || rm -f -- "$2" # the folder behind the name is gone
  ln -sn -- "$1" "$2" 2>/dev/null || { rm -rf -- "$1" && [[ -x $2/bin/python ]]; } || fail 3 "E-ENV-005 $2 cannot be made."
}

find_uv() {
  local installer building
  command -v uv && return
  installer=$cache/toolkit/uv-$version-$uv_digest
  if [[ ! -x $installer/bin/uv ]]; then
    building=$installer.$$
    "$python" -I -m venv "$building" >&2 ||
      fail 2 "E-ENV-002 python -m venv failed. Install the venv module (on Debian: apt-get install python3-venv)."
    "$building/bin/python" -I -m pip install --quiet --disable-pip-version-check --require-hashes \
      -r "$here/requirements/uv.txt" >&2 || fail 3 "E-ENV-003 installing the installer failed; see the lines above."
    publish "$building" "$installer"
  fi
  echo "$installer/bin/uv"
}

make_environment() { # name
  local building=$1.$$ uv wanted=() file
  for file in "${locks[@]}"; do
    wanted+=(-r "$file")
  done
  echo "tidegate: installing what $command needs (once for these versions) ..." >&2
  uv=$(find_uv)
  "$python" -I -m venv --without-pip "$building" >&2 || fail 2 "E-ENV-002 python -m venv failed."
  # A caller's uv.toml, pyproject.toml or PYTHONPATH has no say in what the toolkit installs.
  (cd / && unset PYTHONPATH PYTHONHOME PYTHONSTARTUP && "$uv" pip install --quiet --no-config --compile-bytecode --require-hashes \
    --python "$building/bin/python" "${wanted[@]}" >&2) ||
    fail 3 "E-ENV-004 installing ${locks[*]} failed; see the lines above. Run again: a package index may have been out of reach."
  publish "$building" "$1"
}

facts=$(find_python ${lock:+"$here/requirements/uv.txt" "${locks[@]}"}) || exit $?
{
  read -r python
  read -r version
  if [[ -n $lock ]]; then
    read -r uv_digest
    read -r digest
    while read -r another; do
      digest=$digest-$another
    done
  fi
} <<<"$facts"
interpreter=$python
if [[ -n $lock ]]; then
  cache=${TIDEGATE_CACHE:-${RUNNER_TOOL_CACHE:+$RUNNER_TOOL_CACHE/tidegate}}
  cache=${cache:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tidegate}
  environment=$cache/toolkit/$command-$version-$digest
  if [[ ! -x $environment/bin/python ]]; then
    mkdir -p -- "$cache/toolkit"
    make_environment "$environment"
  fi
  interpreter=$environment/bin/python
fi
if $prepare; then
  exit 0
fi
exec "$interpreter" -I "$here/tidegate/__main__.py" "$@"
