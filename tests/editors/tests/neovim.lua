-- What a person does in Neovim, with the configuration of docs/editor.md.

local failures = {}

local function fail(text)
  table.insert(failures, text)
end

--- Waits until something holds.
local function wait(what, holds)
  if not vim.wait(20000, holds, 20) then
    fail(what .. " does not come")
  end
end

local function request(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, 20000) or {}
  for _, answer in pairs(answers) do
    if answer.err then
      fail(method .. ": " .. answer.err.message)
    end
    return answer.result
  end
  fail(method .. " has no answer")
end

local function at(pattern)
  vim.fn.cursor(1, 1)
  vim.fn.search(pattern, "c")
  return vim.lsp.util.make_position_params(0, vim.lsp.get_clients({ bufnr = 0 })[1].offset_encoding)
end

local function codes()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    found[one.code] = one
  end
  return found
end

local function run()
  wait("the server", function() return #vim.lsp.get_clients({ bufnr = 0, name = "mam" }) == 1 end)

  -- Errors while typing, in the line and column where they are.
  vim.cmd([[%s/protect notes/protect notse/]])
  wait("an error", function() return codes()["mam::resolve::unknown-name"] ~= nil end)
  local error = codes()["mam::resolve::unknown-name"]
  if error and (error.lnum ~= 9 or error.col ~= 10) then
    fail("the error is at " .. error.lnum .. ":" .. error.col)
  end

  -- The repair.
  at("notse")
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action) return action.title:find("Change to `notes`", 1, true) ~= nil end,
  })
  wait("the repair", function() return vim.fn.search("protect notes", "n") > 0 end)
  wait("the end of the error", function() return codes()["mam::resolve::unknown-name"] == nil end)

  -- Lints when idle.
  wait("a lint", function() return codes()["mam::lint::no-movement"] ~= nil end)

  -- Hover, definition, completion, formatting.
  local hover = request("textDocument/hover", at("notes,"))
  if not (hover and hover.contents.value:find("com.example.notes", 1, true)) then
    fail("hover: " .. vim.inspect(hover))
  end
  local definition = request("textDocument/definition", at("notes,"))
  if not (definition and definition.range.start.line == 2) then
    fail("definition: " .. vim.inspect(definition))
  end
  local completion = request("textDocument/completion", at("managed"))
  local labels = vim.tbl_map(function(item) return item.label end, completion or {})
  if not (vim.tbl_contains(labels, "managed") and vim.tbl_contains(labels, "notes")) then
    fail("completion: " .. vim.inspect(labels))
  end
  vim.cmd([[%s/  allow share/ allow   share/]])
  vim.lsp.buf.format({ timeout_ms = 20000 })
  if vim.fn.search("^  allow share to managed$", "n") == 0 then
    fail("formatting")
  end

  -- Hints, tokens, lenses.
  wait("hints", function() return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0 end)
  wait("tokens", function()
    local row = vim.fn.search("^app notes", "n") - 1
    return #(vim.lsp.semantic_tokens.get_at_pos(0, row, 4) or {}) > 0
  end)
  wait("lenses", function()
    vim.lsp.codelens.refresh({ bufnr = 0 })
    vim.wait(100)
    local titles = vim.tbl_map(function(lens) return lens.command.title end, vim.lsp.codelens.get(0))
    return vim.tbl_contains(titles, "✓ holds")
  end)

  -- A rename, and the command of a lens.
  at("notes")
  vim.lsp.buf.rename("memos")
  wait("the rename", function() return vim.fn.search("protect memos", "n") > 0 end)
  vim.fn.search("expect block", "c")
  wait("the lens of the renamed text", function()
    vim.lsp.codelens.refresh({ bufnr = 0 })
    vim.wait(100)
    return vim.inspect(vim.lsp.codelens.get(0)):find("memos", 1, true) ~= nil
  end)
  vim.lsp.codelens.run()
  wait("the explanation", function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      local buffer = vim.api.nvim_win_get_buf(window)
      local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
      if text:find("otherwise block", 1, true) then
        return true
      end
    end
    return false
  end)
end

local fine, message = xpcall(run, debug.traceback)
if not fine then
  fail(message)
end
for _, failure in ipairs(failures) do
  io.stderr:write(failure .. "\n")
end
if #failures == 0 then
  io.stdout:write("all is well\n")
end
vim.cmd(#failures == 0 and "qall!" or "cquit! 1")
