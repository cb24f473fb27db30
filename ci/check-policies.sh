#!/usr/bin/env bash
# Checks, tests and compares the policies of a repository: what `action.yml` and `ci/gitlab.yml` run.
#
#   ci/check-policies.sh FILE…     the files of one policy set
#
# MAM            the program; `mam` by default
# BASE           a commit or branch to compare decisions with; none by default
# OUT            the folder for results; `mam-results` by default
# FAIL_ON        differences that fail: never (default), looser, tighter or any
# DENY_WARNINGS  true lets warnings fail
#
# OUT holds `mam.sarif`, `junit.xml`, and with BASE `diff.json` and `diff.md`, a table of what became
# looser and tighter. Needs bash, git and jq. Exit status: that of `mam`, the worst one.
set -uo pipefail

mam=${MAM:-mam}
out=${OUT:-mam-results}
worst=0

if [ $# -eq 0 ]; then
  echo "usage: check-policies.sh FILE…" >&2
  exit 2
fi
mkdir -p "$out" || exit 2

note() { if [ "$1" -gt "$worst" ]; then worst=$1; fi; }

echo "== check"
options=()
if [ "${DENY_WARNINGS:-false}" = true ]; then options+=(--deny-warnings); fi
"$mam" check "${options[@]}" "$@"
note $?
"$mam" check --format sarif "$@" >"$out/mam.sarif"

echo "== test"
"$mam" test "$@"
note $?
"$mam" test --format junit "$@" >"$out/junit.xml"

if [ -n "${BASE:-}" ]; then
  echo "== differences from $BASE"
  before=$(mktemp -d) || exit 2
  trap 'git worktree remove --force "$before/tree" 2>/dev/null; rm -rf "$before"' EXIT
  if ! git worktree add --quiet --detach "$before/tree" "$BASE"; then
    echo "cannot read \`$BASE\`; fetch it first" >&2
    exit 2
  fi
  here=$(git rev-parse --show-prefix)
  old=()
  for file in "$@"; do
    if [ -e "$before/tree/$here$file" ]; then old+=("$before/tree/$here$file"); fi
  done
  if [ ${#old[@]} -eq 0 ]; then
    echo "The policies are new: \`$BASE\` has none of them." | tee "$out/diff.md"
  else
    "$mam" diff --json --fail-on "${FAIL_ON:-never}" "${old[@]}" -- "$@" >"$out/diff.json"
    status=$?
    note "$status"
    if [ -s "$out/diff.json" ]; then
      jq --raw-output --from-file "$(dirname "${BASH_SOURCE[0]}")/diff.jq" "$out/diff.json" \
        | tee "$out/diff.md"
    fi
  fi
fi
exit "$worst"
