# The differences of `mam diff --json` as a table in Markdown.

def cell: gsub("\\|"; "\\|") | gsub("\n"; " ");
def code: "`" + cell + "`";
def limits:
  [ if .characters then "up to \(.characters) characters" else empty end,
    if .content == false then "without content" else empty end,
    if .tagged then "tagged \(.tagged)" else empty end ] | join(", ");
def side:
  .effect + (if (.limits // {}) | limits != "" then " " + (.limits | limits) else "" end)
  + (if .enforced == false then " (not enforced)" else "" end);
def rules: [ .by[]? | "\(.policy): \(.rule)" ] | unique | map(code) | join("<br>");
def row(kind; scope; was; now; why): "| \(kind) | \(scope) | \(was) | \(now) | \(why) |";

[ (.changes[]? | row(.kind; .scope | code; .before | side; .after | side; .after | rules)),
  (.accesses[]? | row(.kind; .scopes | map(code) | join("<br>"); .before | side; .after | side; (.words // "") | cell)),
  (.requirements[]? | row(.kind; .scopes | map(code) | join("<br>"); ""; ""; .fields | map(tostring) | join("<br>") | cell))
] as $rows
| [ "\(.looser) looser", "\(.tighter) tighter",
    (.limits | select(. > 0) | "\(.) with other limits"), (.mixed | select(. > 0) | "\(.) mixed"),
    (.enforcement | select(. > 0) | "\(.) in enforcement"), (.reason | select(. > 0) | "\(.) in reasons") ]
| "### Decisions that change: " + join(", "),
  if ($rows | length) == 0 then "", "No movement and no access is decided differently."
  else "", "| | scope | before | after | decided by |", "| --- | --- | --- | --- | --- |", $rows[]
  end
