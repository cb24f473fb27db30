#!/usr/bin/env bash
# Instructions per decision, by way and number of rules; needs valgrind. What is printed is kept in
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

printf '%-10s' way
for rules in 10 100 1000 10000; do printf '%8s' "$rules"; done
printf '\n'
for way in resolved ids names requests; do
  printf '%-10s' "$way"
  for rules in 10 100 1000 10000; do
    few=$(count "$way" "$rules" 10)
    many=$(count "$way" "$rules" 110)
    printf '%8d' $(((many - few) / 100000))
  done
  printf '\n'
done
