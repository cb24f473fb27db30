#!/usr/bin/env bash
# Instructions per decision, by way and size; needs valgrind. What is printed is kept in
# benches/instructions.txt: times are noisy, these are not.
#
#   bash benches/instructions.sh > benches/instructions.txt
set -euo pipefail
cd "$(dirname "$0")/.."

program=$(cargo bench --bench instructions --no-run --message-format=json 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*instructions-[^"]*\)".*/\1/p' | tail -1)

# Instructions of a run that decides 1,000 requests so many times.
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 >/dev/null |
    sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

# Instructions per decision, for each of some ways and sizes.
table() {
  local prefix=$1 ways=$2 sizes=$3
  printf '%-10s' way
  for size in $sizes; do printf '%8s' "$size"; done
  printf '\n'
  for way in $ways; do
    printf '%-10s' "$way"
    for size in $sizes; do
      few=$(count "$prefix$way" "$size" 10)
      many=$(count "$prefix$way" "$size" 110)
      printf '%8d' $(((many - few) / 100000))
    done
    printf '\n'
  done
}

table '' 'resolved ids names requests' '10 100 1000 10000'
printf '\nA company of 150 policies, by the groups of a user:\n'
table 'company ' 'ids names requests' '1 3 10 30'
printf '\nAccesses, by launch conditions:\n'
table 'access ' 'resolved requests' '10 100 1000 10000'
