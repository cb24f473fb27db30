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
grep -q '^| tighter |' "$OUT/diff.md" || fail "a new file is compared with no policy"
status=0; BASE=main FAIL_ON=looser "$root/ci/check-policies.sh" new.mam >/dev/null || status=$?
[ "$status" = 1 ] || fail "new policies pass FAIL_ON=looser: $status"
BASE=main FAIL_ON=looser ALLOW_NEW=true "$root/ci/check-policies.sh" new.mam >/dev/null || fail "ALLOW_NEW"
# Other names of a looser set: an absolute path, a file that was renamed, one outside of the repository.
status=0; BASE=main FAIL_ON=looser "$root/ci/check-policies.sh" "$PWD/notes.mam" >/dev/null || status=$?
[ "$status" = 1 ] || fail "an absolute path passes: $status"
git mv notes.mam renamed.mam
status=0; BASE=main FAIL_ON=looser "$root/ci/check-policies.sh" renamed.mam >/dev/null || status=$?
[ "$status" = 1 ] && grep -q '^| looser |' "$OUT/diff.md" || fail "a renamed file passes: $status"
git mv renamed.mam notes.mam
cp notes.mam "$scratch/outside.mam"
status=0; BASE=main "$root/ci/check-policies.sh" "$scratch/outside.mam" >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || fail "a file outside of the repository: $status"
[ ! -e "$OUT/diff.md" ] || fail "an old table is left"
echo 'expect allow print from notes as work' >>new.mam
status=0; "$root/ci/check-policies.sh" new.mam >/dev/null 2>&1 || status=$?
[ "$status" = 1 ] || fail "a failed expectation: $status"
rm new.mam
[ "$(git worktree list | wc -l)" = 1 ] || fail "a worktree is left"

# Every script of the action, with the files that a runner has and with a `gh` and a `cargo` that only tell.
cd ..
mkdir -p "$scratch/stubs" "$scratch/steps"
cat >"$scratch/stubs/gh" <<'STUB'
#!/usr/bin/env bash
printf '%s\n' "$*" >>"$GH_LOG"
if [ "${GH_FAILS:-}" = true ]; then exit 1; fi
case $* in *--jq*) printf '%s' "${GH_KNOWN:-}" ;; esac
STUB
printf '#!/usr/bin/env bash\nprintf "%%s\\n" "$*" >>"$CARGO_LOG"\n' >"$scratch/stubs/cargo"
chmod +x "$scratch/stubs/"*
awk -v out="$scratch/steps" '
  /^    - name: / { name = tolower(substr($0, 13)); gsub(/[^a-z]+/, "-", name); inside = 0 }
  inside && (/^        / || /^$/) { print substr($0, 9) >(out "/" name ".sh"); next }
  { inside = 0 }
  /^      run: \|/ { inside = 1; next }
  /^      run: / { print substr($0, 12) >(out "/" name ".sh") }
' "$root/action.yml"
step() { (PATH=$scratch/stubs:$PATH; bash -e "$scratch/steps/$1.sh"); }
[ "$(ls "$scratch/steps" | wc -l)" = 4 ] || fail "the scripts of action.yml are not found: $(ls "$scratch/steps")"
export GITHUB_ACTION_PATH=$root GITHUB_OUTPUT=$scratch/output GITHUB_STEP_SUMMARY=$scratch/summary
export GITHUB_REPOSITORY=owner/policies RUNNER_TEMP=$scratch/runner NUMBER=7
export GH_LOG=$scratch/gh.log CARGO_LOG=$scratch/cargo.log
step build-mam && grep -q "^install .*--path $root" "$CARGO_LOG" || fail "the build"
(export BASE=origin/main; step fetch-the-base) 2>/dev/null || fail "fetching a base that is not there ends the job"
(export FILES=policies/notes.mam BASE=main FAIL_ON=never; step check-test-compare) >/dev/null || fail "the check"
grep -q "^results=$OUT" "$GITHUB_OUTPUT" && grep -q '^sarif=true' "$GITHUB_OUTPUT" || fail "the check has no output"
grep -q 'looser' "$GITHUB_STEP_SUMMARY" || fail "the check has no summary"
step comment
grep -q 'POST repos/owner/policies/issues/7/comments' "$GH_LOG" || { cat "$GH_LOG"; fail "no comment"; }
(export GH_KNOWN=42; step comment)
grep -q 'PATCH repos/owner/policies/issues/comments/42' "$GH_LOG" || { cat "$GH_LOG"; fail "a second comment"; }
(export GH_FAILS=true; step comment) | grep -q '^::warning::' || fail "a token that may not comment"

# The script of the job for GitLab, with a clone that is there.
mkdir -p .mam/bin && ln -s "$root" .mam/source && ln -s "$mam" .mam/bin/mam
sed -n '/^  script:/,/^  artifacts:/p' "$root/ci/gitlab.yml" | sed -n 's/^      //p' >"$scratch/gitlab.sh"
[ -s "$scratch/gitlab.sh" ] || fail "the script of gitlab.yml is not found"
git init --quiet --bare "$scratch/origin.git" && git remote add origin "$scratch/origin.git"
git push --quiet origin main
(export MAM_FILES=policies/notes.mam CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main FAIL_ON=never; bash -e "$scratch/gitlab.sh") \
  >"$scratch/log" || { cat "$scratch/log"; fail "the job for GitLab"; }
grep -q 'looser' "$OUT/diff.md" || fail "the job for GitLab compares nothing"
rm -r .mam && git remote remove origin

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
