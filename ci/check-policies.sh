#!/usr/bin/env bash
# Checks, tests and compares the policies of a repository: what `action.yml` and `ci/gitlab.yml` run.
#
#   ci/check-policies.sh FILE…     the files of one policy set
#
# MAM            the program; `mam` by default
# BASE           a commit or branch to compare decisions with; none by default
# OUT            the folder for results; `mam-results` by default
# FAIL_ON        differences that fail: never (default), looser, tighter or any
# ALLOW_NEW      true lets policies pass that BASE does not have, whatever FAIL_ON is; they are compared
#                with a set that has no policy
# DENY_WARNINGS  true lets warnings fail
#
# OUT holds `mam.sarif`, `junit.xml`, and with BASE `diff.json` and `diff.md`, a table of what became
# looser and tighter. Files that were renamed are compared with what they were called. Needs bash, git,
# realpath and jq. Exit status: that of `mam`, the worst one; 2 for files outside of the repository.
set -uo pipefail

mam=${MAM:-mam}
out=${OUT:-mam-results}
worst=0

if [ $# -eq 0 ]; then
  echo "usage: check-policies.sh FILE…" >&2
  exit 2
fi
mkdir -p "$out" || exit 2
rm -f "$out"/{mam.sarif,junit.xml,diff.json,diff.md}

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
  top=$(realpath -- "$(git rev-parse --show-toplevel)")
  # Behind a rename, the old name and the new one: two fields, each with a zero byte at its end.
  declare -A was=()
  while IFS= read -r -d '' _status && IFS= read -r -d '' from && IFS= read -r -d '' to; do
    was[$to]=$from
  done < <(git -C "$top" diff --name-status --find-renames --diff-filter=R -z "$BASE")
  old=()
  for file in "$@"; do
    place=$(realpath -- "$file") || exit 2
    case $place in
      "$top"/*) path=${place#"$top"/} ;;
      *)
        echo "\`$file\` is outside of the repository: it cannot be compared with \`$BASE\`" >&2
        exit 2
        ;;
    esac
    path=${was[$path]:-$path}
    if [ -e "$before/tree/$path" ]; then old+=("$before/tree/$path"); fi
  done
  fail_on=${FAIL_ON:-never}
  if [ ${#old[@]} -eq 0 ]; then
    echo "The policies are new: \`$BASE\` has none of them. They are compared with no policy at all." >"$out/diff.md"
    if [ "$fail_on" != never ] && [ "${ALLOW_NEW:-false}" != true ]; then
      echo "FAIL_ON=$fail_on cannot be told of policies that are new; ALLOW_NEW=true lets them pass." >>"$out/diff.md"
      note 1
    fi
    fail_on=never
    echo "mam 1" >"$before/none.mam"
    old=("$before/none.mam")
  fi
  "$mam" diff --json --fail-on "$fail_on" "${old[@]}" -- "$@" >"$out/diff.json"
  note $?
  if [ -s "$out/diff.json" ]; then
    jq --raw-output --from-file "$(dirname "${BASH_SOURCE[0]}")/diff.jq" "$out/diff.json" >>"$out/diff.md"
  fi
  cat "$out/diff.md"
fi
exit "$worst"
