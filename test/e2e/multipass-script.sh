#!/bin/sh
# A script as people write it for Multipass. It knows nothing of another program.
set -eu

# What is looked at, what it is, what it should be.
expect() {
  [ "$2" = "$3" ] && return
  echo "$1 is \"$2\", not \"$3\"" >&2
  exit 1
}
state() { multipass info "$1" --format json | jq -r ".info.$1.state"; }

cat >cloud-config.yaml <<END
#cloud-config
write_files:
  - path: /etc/greeting
    content: hello from cloud-init
END
multipass launch tiny --name web --cpus 1 --memory 512M --disk 2G --cloud-init cloud-config.yaml
expect "the state" "$(state web)" Running
expect "the first listed" "$(multipass list --format json | jq -r '.list[0].name')" web
expect "the count of processors" "$(multipass info web --format json | jq -r .info.web.cpu_count)" 1
expect "the size of memory" "$(multipass get local.web.memory)" 512MiB

expect "what cloud-init wrote" "$(multipass exec web -- cat /etc/greeting)" "hello from cloud-init"
code=0
multipass exec web -- sh -c "exit 7" || code=$?
expect "the exit code" "$code" 7
echo "through a pipe" | multipass exec web -- tee piped >/dev/null

mkdir -p site/pages
echo "a page" >site/pages/index.html
echo "precious" >notes
multipass transfer notes web:notes
multipass transfer --recursive site web:
multipass transfer web:notes notes-back
cmp notes notes-back
multipass transfer --recursive web:site site-back
diff -r site site-back
expect "what was piped" "$(multipass transfer web:piped -)" "through a pipe"
echo "another" | multipass transfer - web:another
expect "what was sent" "$(multipass exec web -- cat another)" another

multipass alias web:hostname webname
expect "what the alias says" "$(multipass webname)" web
expect "what its script says" "$(webname)" web
expect "its instance" "$(multipass aliases --format json | jq -r .contexts.default.webname.instance)" web

multipass stop web
expect "the state" "$(state web)" Stopped
multipass snapshot web --name clean --comment "before the change"
expect "the comment" "$(multipass info web.clean --format json | jq -r .info.web.snapshots.clean.comment)" "before the change"
multipass start web
multipass exec web -- rm notes
multipass stop web
multipass snapshot web
expect "the parent" "$(multipass list --snapshots --format json | jq -r .info.web.snapshot2.parent)" clean
multipass restore --destructive web.clean
multipass clone web --name copy
expect "the count of snapshots" "$(multipass info copy --format json | jq -r .info.copy.snapshot_count)" 0

multipass start copy
expect "what came back" "$(multipass exec copy -- cat notes)" precious
expect "the name" "$(multipass exec copy -- hostname)" copy
multipass stop copy --time 10
expect "the state" "$(state copy)" "Delayed Shutdown"
multipass stop copy --cancel
expect "the state" "$(state copy)" Running
multipass delete copy
expect "the state" "$(state copy)" Deleted
multipass recover copy
expect "the state" "$(state copy)" Stopped
multipass delete web.snapshot2 copy --purge
expect "the snapshots" "$(multipass info web --format json | jq -r .info.web.snapshot_count)" 1
multipass delete web
multipass purge
expect "the count of instances" "$(multipass list --format json | jq -r '.list | length')" 0
expect "the count of aliases" "$(multipass aliases --format json | jq -r '.contexts.default | length')" 0
if command -v webname; then exit 1; fi
