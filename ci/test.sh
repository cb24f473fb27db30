#!/usr/bin/env bash
# Runs the scripts of this folder and the hooks in a scratch repository, as CI and pre-commit would.
#
#   ci/test.sh MAM      the built program
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mam=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.com GIT_COMMITTER_NAME=test
export GIT_COMMITTER_EMAIL=test@example.com GIT_CONFIG_GLOBAL=/dev/null
fail() { echo "ci/test.sh: $*" >&2; exit 1; }

# A repository whose main branch has a policy, and a branch that loosens it.
cd "$scratch"
git init --quiet --initial-branch main repository
cd repository
mkdir policies
cat >policies/notes.mam <<'POLICY'
mam 1

app notes "Notes" {
  ios "com.example.notes"
  sdk
}

app tasks "Tasks" {
  ios "com.example.tasks"
  sdk
}

policy base {
  for   any
  protect    notes, tasks

  allow copy to any up to 50 characters
  allow share to managed

  expect block share to unmanaged
}
POLICY
git add . && git commit --quiet -m "Add policies"
git switch --quiet --create loosen
sed -i 's/up to 50/up to 500/' policies/notes.mam
git commit --quiet --all -m "Loosen a limit"
cd policies

# The script that the action and the job run.
export MAM=$mam OUT=$scratch/out
status=0; BASE=main "$root/ci/check-policies.sh" notes.mam >"$scratch/log" || status=$?
[ "$status" = 0 ] || { cat "$scratch/log"; fail "a looser limit fails without FAIL_ON: $status"; }
jq -e '.runs[0].tool.driver.name == "mam"' "$OUT/mam.sarif" >/dev/null || fail "no SARIF"
grep -q '<testcase' "$OUT/junit.xml" || fail "no JUnit"
grep -q '^### Decisions that change: 1 looser, 0 tighter' "$OUT/diff.md" || fail "no summary"
grep -q '^| looser | `copy from .* | allow up to 50 characters | allow up to 500 characters |' "$OUT/diff.md" \
  || { cat "$OUT/diff.md"; fail "no row"; }
status=0; BASE=main FAIL_ON=looser "$root/ci/check-policies.sh" notes.mam >/dev/null || status=$?
[ "$status" = 1 ] || fail "FAIL_ON=looser: $status"
status=0; BASE=loosen "$root/ci/check-policies.sh" notes.mam >/dev/null || status=$?
[ "$status" = 0 ] || fail "no difference: $status"
grep -q 'No movement and no access' "$OUT/diff.md" || fail "the table of no difference"
status=0; BASE=nowhere "$root/ci/check-policies.sh" notes.mam >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || fail "an unknown base: $status"
cp notes.mam new.mam
BASE=main "$root/ci/check-policies.sh" new.mam >/dev/null || fail "a new file"
grep -q 'are new' "$OUT/diff.md" || fail "a new file has no old decisions"
echo 'expect allow print from notes as work' >>new.mam
status=0; "$root/ci/check-policies.sh" new.mam >/dev/null 2>&1 || status=$?
[ "$status" = 1 ] || fail "a failed expectation: $status"
rm new.mam
[ "$(git worktree list | wc -l)" = 1 ] || fail "a worktree is left"

# The step of the action, with the files that a runner has.
cd ..
step=$(sed -n '/id: check/,/env:/p' "$root/action.yml" | sed -n '/run: |/,/env:/p' | sed '1d;$d')
[ -n "$step" ] || fail "the step of action.yml is not found"
export GITHUB_ACTION_PATH=$root GITHUB_OUTPUT=$scratch/output GITHUB_STEP_SUMMARY=$scratch/summary
(export FILES=policies/notes.mam BASE=main FAIL_ON=never; bash -e -c "$step") >/dev/null || fail "the step"
grep -q "^results=$OUT" "$GITHUB_OUTPUT" || fail "the step has no output"
grep -q 'looser' "$GITHUB_STEP_SUMMARY" || fail "the step has no summary"

# The hooks.
if command -v pre-commit >/dev/null; then
  mkdir -p "$scratch/bin" && ln -sf "$mam" "$scratch/bin/mam"
  export PATH=$scratch/bin:$PATH PRE_COMMIT_HOME=$scratch/hooks
  cp "$root/.pre-commit-hooks.yaml" "$scratch/hooks.yaml"
  git init --quiet "$scratch/hooks-repository"
  cp "$root/.pre-commit-hooks.yaml" "$scratch/hooks-repository"
  git -C "$scratch/hooks-repository" add . && git -C "$scratch/hooks-repository" commit --quiet -m "Add hooks"
  cat >.pre-commit-config.yaml <<CONFIG
repos:
  - repo: $scratch/hooks-repository
    rev: $(git -C "$scratch/hooks-repository" rev-parse HEAD)
    hooks:
      - id: mam-fmt
      - id: mam-check
        args: [policies/notes.mam]
      - id: mam-test
        args: [policies/notes.mam]
CONFIG
  git add .
  pre-commit run --all-files >"$scratch/log" 2>&1 && fail "the hook finds nothing to lay out"
  grep -q 'files were modified' "$scratch/log" || { cat "$scratch/log"; fail "mam-fmt"; }
  pre-commit run --all-files >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "the hooks"; }
elif [ "${MAM_HOOKS:-}" = required ]; then
  fail "pre-commit is not installed"
else
  echo "pre-commit is not installed: the hooks are not tried"
fi
echo "the scripts for CI work"
