; Highlights of `.mam` policies. The names of captures are those that Neovim, Helix and Zed share.

(comment) @comment
(doc) @comment.documentation

(string) @string
(escape) @string.escape
(json_string) @string
(json_member key: (json_string) @property)
(json_number) @number
(json_constant) @constant.builtin

(number) @number
(version_number) @number
(date) @number
(unit) @keyword

; ---------------------------------------------------------------- keywords

["mam" "use" "tenant" "app" "storage" "group" "users" "filter" "policy"] @keyword

["protect" "yields" "otherwise" "require" "launch" "setting" "expect"] @keyword

["for" "on" "devices" "from" "to" "by" "avoiding" "because" "up" "without" "tagged" "when" "unconfirmed"] @keyword

["character" "characters" "content" "no" "path" "in" "then" "rest" "unknown"] @keyword

["except" "and" "not" "matching" "as" "exactly" "none"] @keyword.operator

["report-only" "deployed"] @attribute
(app_wide) @attribute

(tagged "work" @constant.builtin)
(yields "any" @constant.builtin)
(for "any" @constant.builtin)
(on "any" @constant.builtin)
(devices "any" @constant.builtin)

(effect) @keyword.control
(channel) @function.builtin
(set_word) @constant.builtin
(account) @constant.builtin
(storage_kind) @constant.builtin
(app_trait) @attribute
(id_kind) @property
(constant) @constant

(requirement) @type.builtin
(field_name) @property
(fact) @property

; ---------------------------------------------------------------- names

(name) @variable

(use path: (name) @module)
(tenant name: (name) @namespace)
(app name: (name) @type)
(storage name: (name) @type)
(group name: (name) @type)
(users name: (name) @type)
(filter name: (name) @type)
(policy name: (name) @function)
(yields (name) @function)
(matching filter: (name) @type)
(member (name) @type)

(comparison) @operator
"=" @operator
"," @punctuation.delimiter
":" @punctuation.delimiter
["{" "}" "[" "]"] @punctuation.bracket
