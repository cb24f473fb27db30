#!/usr/bin/env bash
# Comments on a pull request with a text; an earlier comment of this script is replaced.
#
#   ci/comment.sh NUMBER FILE      the number of the pull request, and the text
#
# Needs `gh` with GH_TOKEN, and GITHUB_REPOSITORY. A token that may not comment, as that of a fork, is no failure:
# there is a warning then.
set -uo pipefail

number=$1
marker='<!-- mam: decisions that change -->'
body=$(printf '%s\n%s\n' "$marker" "$(cat "$2")")
comments="repos/$GITHUB_REPOSITORY/issues/$number/comments"

# The marker tells this script's comment from those that others wrote with the same token.
known=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$marker\")) | .id" | tail -n 1)
if [ -n "$known" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" --raw-field "body=$body" >/dev/null
else
  gh api --method POST "$comments" --raw-field "body=$body" >/dev/null
fi || echo "::warning::the token may not comment on #$number; the table is in the summary of the job"
