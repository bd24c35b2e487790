/** Root's daemon in its own folders, which serves whoever is in the group strata: in a host's /etc, /run and /var/lib of the test's own. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { binary, createHome, guestMs, type Home, startMounting } from "./harness.ts";

/** Nobody on the host: a member of the group, and one who is not. */
const [member, stranger, group] = [64_242, 64_243, 64_999];

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

const inHome = (...parts: readonly string[]) => join(home.directory, ...parts);

/** A folder that anybody may write to, with what root alone may read. */
function prepare(): void {
  for (const name of ["etc", "share/closed", "program/images"]) mkdirSync(inHome(name), { recursive: true });
  copyFileSync(binary, inHome("program/strata"));
  for (const name of ["tiny.json", "tiny.qcow2"])
    copyFileSync(join(dirname(binary), "images", name), inHome("program/images", name));
  const file = (name: string, more: string) =>
    writeFileSync(inHome("etc", name), readFileSync(`/etc/${name}`, "utf8") + more);
  file("passwd", `sam:x:${member}:${member}::/:/bin/sh\n`);
  file("group", `sam:x:${member}:\nstrata:x:${group}:sam\n`);
  writeFileSync(inHome("share/secret"), "root's own\n", { mode: 0o600 });
  writeFileSync(inHome("share/open"), "for all\n");
  chmodSync(inHome("share"), 0o1777);
  chmodSync(inHome("share/closed"), 0o700);
}

/** Each step's output stands below its name. */
const steps = (directory: string): string => `
mount -t tmpfs -o mode=755 none /run; mount -t tmpfs -o mode=755 none /var/lib
for name in passwd group; do mount --bind ${directory}/etc/$name /etc/$name; done
unset STRATA_HOME XDG_RUNTIME_DIR
export PATH=${directory}/program:$PATH
strata list
as() { id=$1; shift; HOME=/ XDG_CONFIG_HOME=${directory}/none setpriv --reuid=$id --regid=$id --init-groups "$@"; }
echo "== stranger"; HOME=/ setpriv --reuid=${stranger} --regid=${stranger} --clear-groups strata list --host unix:/run/strata/api.sock
as ${member} strata launch tiny --name web --memory 256M
as ${member} strata mount ${directory}/share web:/mnt/classic
as ${member} strata mount ${directory}/share web:/mnt/native --type native
echo "== refused"; as ${member} strata mount ${directory}/share/closed web:/mnt/closed
as ${member} strata mount ${directory}/share/closed web:/mnt/closed --type native
for way in classic native; do
echo "== $way"
as ${member} strata exec web -- sh -c "cat /mnt/$way/open; sudo cat /mnt/$way/secret; sudo rm -f /mnt/$way/secret; echo new | sudo tee /mnt/$way/$way; stat -c %U /mnt/$way/$way"
done
echo "== history"; strata history web
strata delete --purge web; strata daemon stop
echo "== end"
`;

test.skipIf(process.getuid?.() !== 0)(
  "serves a member's mounts with that member's rights, of either type, and no stranger at all",
  async () => {
    prepare();
    const text = await new Response(startMounting(home, steps(home.directory)).stdout).text();
    const part = (name: string): string => new RegExp(`== ${name}\n([^]*?)(?:== |$)`).exec(text)?.[1] ?? text;
    expect(part("stranger")).toContain("[socket-refused]");
    expect(part("refused").match(/\[mount-source-unreadable\]/g)).toHaveLength(2);
    for (const way of ["classic", "native"]) {
      expect(part(way)).toMatch(/for all\n[^]*denied[^]*new\nubuntu\n/);
      expect(part(way)).not.toContain("root's own");
      const { uid, gid } = statSync(inHome("share", way));
      expect({ uid, gid }).toEqual({ uid: member, gid: member });
    }
    expect(readFileSync(inHome("share/secret"), "utf8")).toBe("root's own\n");
    expect(part("history")).toMatch(/ sam +mount /);
    expect(text).toContain("== end");
  },
  2 * guestMs,
);
