[
  (app_body)
  (policy_body)
  (requirement_body)
  (json_object)
  (json_array)
] @indent.begin @indent

["}" "]"] @indent.branch @indent.end @outdent
