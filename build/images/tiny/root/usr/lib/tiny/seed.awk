# Reads cloud-config into files under `out`: users, keys (for the first user), keys.USER, host-key, commands, and of
# write_files N.path, N.mode, N.content, and N.bare when the content has no line end of its own.
function unquoted(text) {
  sub(/^[ \t]+/, "", text); sub(/[ \t\r]+$/, "", text)
  if (text ~ /^".*"$/ || text ~ /^'.*'$/) text = substr(text, 2, length(text) - 2)
  return text
}
function quoted(text) { gsub(/'/, "'\\''", text); return "'" text "'" }
function user(name) {
  name = unquoted(name)
  current = name == "default" ? "ubuntu" : name
  print current > (out "/users")
}
function key(text) { print unquoted(text) > (current == "" ? out "/keys" : out "/keys." current) }
# [ a, "b c", 'd' ] -> one shell command, or one key per element.
function list(text, kind,    i, c, quote, word, line, any) {
  text = substr(text, 2, length(text) - 2) ","
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (quote != "") { if (c == quote) quote = ""; else if (c == "\\" && quote == "\"") word = word substr(text, ++i, 1); else word = word c }
    else if (c == "\"" || c == "'") { quote = c; any = 1; word = "" }
    else if (c == ",") {
      if (!any) word = unquoted(word)
      if (kind == "key") key(word); else line = line " " quoted(word)
      word = ""; any = 0
    }
    else if (!any) word = word c
  }
  if (kind == "command") print line > (out "/commands")
}
function indent(line) { match(line, /^ */); return RLENGTH }

function fileKey(text,    name) {
  name = text; sub(/:.*/, "", name); sub(/^[^:]*:[ \t]*/, "", text)
  if (name == "path") print unquoted(text) > (out "/" files ".path")
  else if (name == "permissions") print unquoted(text) > (out "/" files ".mode")
  else if (name == "content") {
    if (text !~ /^\|/) { print unquoted(text) > (out "/" files ".content"); print "" > (out "/" files ".bare"); return }
    if (text ~ /^\|-/) print "" > (out "/" files ".bare")
    block = out "/" files ".content"; blockIndent = -1; blockParent = indent($0)
  }
}

block != "" {
  if ($0 ~ /^[ \t]*$/) { if (blockIndent >= 0) print "" > block; next }
  if (blockIndent < 0 && indent($0) > blockParent) blockIndent = indent($0)
  if (blockIndent >= 0 && indent($0) >= blockIndent) { print substr($0, blockIndent + 1) > block; next }
  block = ""
}
/^[ \t]*(#|$)/ { next }
/^[^ \t-][^:]*:/ {
  section = $0; sub(/:.*/, "", section)
  rest = $0; sub(/^[^:]*:[ \t]*/, "", rest)
  current = ""; inKeys = section == "ssh_authorized_keys"
  if (inKeys && rest ~ /^\[/) list(rest, "key")
  next
}
section == "users" {
  if ($0 ~ /^ *- *name:/) { line = $0; sub(/^ *- *name: */, "", line); user(line); inKeys = 0; userIndent = indent($0); next }
  if (!inKeys && $0 ~ /^ *- *[a-z_][a-z0-9_-]* *$/) { line = $0; sub(/^ *- */, "", line); user(line); next }
  if ($0 ~ /^ *(- *)?(ssh_authorized_keys|ssh-authorized-keys):/) {
    inKeys = 1; rest = $0; sub(/^[^:]*:[ \t]*/, "", rest)
    if (rest ~ /^\[/) { list(rest, "key"); inKeys = 0 }
    next
  }
  if (inKeys && $0 ~ /^ *- /) { line = $0; sub(/^ *- */, "", line); key(line); next }
  if ($0 ~ /^ *name:/) { line = $0; sub(/^ *name: */, "", line); user(line) }
  inKeys = 0
  next
}
section == "write_files" {
  line = $0; sub(/^ */, "", line)
  if (line ~ /^- /) { files++; sub(/^- */, "", line) }
  fileKey(line)
  next
}
section == "ssh_authorized_keys" && /^ *- / { line = $0; sub(/^ *- */, "", line); key(line); next }
section == "ssh_keys" && /^ *ed25519_private: *\|/ {
  block = out "/host-key"; blockIndent = -1; blockParent = indent($0); next
}
section == "runcmd" && /^ *- / {
  line = $0; sub(/^ *- */, "", line)
  if (line ~ /^\|/) { block = out "/commands"; blockIndent = -1; blockParent = indent($0) }
  else if (line ~ /^\[.*\]$/) list(line, "command")
  else print unquoted(line) > (out "/commands")
}
