/** Mounts in words: where they stand, and which places and maps make no sense. Without a schema, since commands start with it. */
/** The instance's login user, whatever its number is in the guest. */
export const defaultId = -1;
export const idMax = 2 ** 32 - 2;
/** Of one instance. */
export const mountsMax = 64;
/** Maps of one kind, of one mount. */
export const mapsMax = 256;
/** Bytes of a path; the kernel's PATH_MAX, its zero byte counted. */
export const pathBytesMax = 4_095;

export const mountTypes = ["classic", "native"] as const;

export const homeOf = (user: string): string => (user === "root" ? "/root" : `/home/${user}`);

/** The last part of a path; empty for `/`. */
export const lastPart = (path: string): string => path.split("/").findLast((part) => part !== "") ?? "";

/** Without `.`, `..` and empty parts; what is relative is below `home`. */
export function plainPath(path: string, home: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${home}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Where in the guest a mount of `source` stands: in the home of its user, unless the path leads from the root. */
export const targetOf = (path: string, source: string, home: string): string =>
  plainPath(path === "" ? lastPart(source) : path, home);

/** Nothing is mounted over what a guest cannot do without, nor over a home. */
export const isRefused = (target: string, home: string): boolean =>
  target === "/home" || target === home || /^\/(?:$|(?:dev|proc|sys)(?:\/|$))/.test(target);

/** Is one of them the other, or inside it? */
export const overlap = (one: string, other: string): boolean =>
  `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);

/** `1000:default` */
export const shownMap = ([host, guest]: readonly [number, number]): string =>
  `${host}:${guest === defaultId ? "default" : guest}`;

/** `1000: [1000:1, 1000:2]` for each id that two maps name; empty: none. */
export function duplicatesIn(maps: readonly (readonly [number, number])[]): string {
  const sides = [0, 1].map((side) => Object.entries(Object.groupBy(maps, (map) => map[side] ?? 0)));
  return sides
    .flat()
    .filter(([, same = []]) => new Set(same.map(String)).size > 1)
    .map(([id, same = []]) => `${id}: [${same.map((map) => map.join(":")).join(", ")}]`)
    .join(", ");
}

/** What is asked for: `/src, classic, read-only, 1000:default`. */
export const wordsOf = ({ source, type, readOnly, uids, gids }: MountWords): string =>
  [source, type, ...(readOnly ? ["read-only"] : []), ...uids.map(shownMap), ...gids.map(shownMap)].join(", ");

interface MountWords {
  readonly source: string;
  readonly type: string;
  readonly readOnly: boolean;
  readonly uids: readonly (readonly [number, number])[];
  readonly gids: readonly (readonly [number, number])[];
}
