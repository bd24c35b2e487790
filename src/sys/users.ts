/** Names and groups of the host's users, from its own tables (passwd(5), group(5)). */
import { readFileSync } from "node:fs";

const rows = (path: string): string[][] => {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
};

/** The user's name, or `uid N` where the table has none. */
export function userName(uid: number): string {
  return rows("/etc/passwd").find((row) => Number(row[2]) === uid)?.[0] ?? `uid ${uid}`;
}

/** The user's home directory, or `/` where the table has none. */
export function userHome(uid: number): string {
  return rows("/etc/passwd").find((row) => Number(row[2]) === uid)?.[5] || "/";
}

/** Is the user, whose own group is `gid`, in the group of that name? */
export function isInGroup(uid: number, gid: number, group: string): boolean {
  const row = rows("/etc/group").find(([name]) => name === group);
  return row !== undefined && (Number(row[2]) === gid || (row[3] ?? "").split(",").includes(userName(uid)));
}

/** Numeric id of a group; undefined when the host has none of that name. */
export function groupId(group: string): number | undefined {
  const id = Number(rows("/etc/group").find(([name]) => name === group)?.[2]);
  return Number.isInteger(id) ? id : undefined;
}

/** Numbers of all groups of the user, whose own is `gid`. */
export function groupsOf(uid: number, gid: number): number[] {
  const name = userName(uid);
  const others = rows("/etc/group").filter((row) => (row[3] ?? "").split(",").includes(name));
  const ids = others.map((row) => Number(row[2])).filter((id) => Number.isInteger(id));
  return [...new Set([gid, ...ids])];
}
