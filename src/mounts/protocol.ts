/** The numbers of SFTP, version 3 (draft-ietf-secsh-filexfer-02), and of the extensions that OpenSSH added to it (its file PROTOCOL). */
import { errors } from "../sys/calls.ts";

export const version = 3;

export const packets = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 200,
  extendedReply: 201,
} as const;

/** Names, and the number of their form. */
export const extensions = {
  posixRename: ["posix-rename@openssh.com", "1"],
  hardlink: ["hardlink@openssh.com", "1"],
  statvfs: ["statvfs@openssh.com", "2"],
  fsync: ["fsync@openssh.com", "1"],
} as const;

/** Bits of an open's flags. */
export const pflags = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

/** Which parts a set of attributes has. */
export const attributeBits = { size: 1, owner: 2, mode: 4, times: 8, extended: 0x80000000 } as const;

/** Version 3 has the first nine. The others are version 6's: sshfs turns what it does not know into "input/output error". */
export const codes = {
  ok: 0,
  endOfFile: 1,
  notFound: 2,
  refused: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
  noSpace: 14,
  quota: 15,
} as const;

export type Code = (typeof codes)[keyof typeof codes];

/** As OpenSSH's server has them, but for a full disk, which would be "not permitted" in the guest. */
const codesOfErrors = new Map<number, Code>([
  [errors.ENOENT, codes.notFound],
  [errors.ENOTDIR, codes.notFound],
  [errors.ELOOP, codes.notFound],
  [errors.EPERM, codes.refused],
  [errors.EACCES, codes.refused],
  [errors.EROFS, codes.refused],
  [errors.ENAMETOOLONG, codes.badMessage],
  [errors.EINVAL, codes.badMessage],
  [errors.ENOSYS, codes.unsupported],
  [errors.EOPNOTSUPP, codes.unsupported],
  [errors.ENOSPC, codes.noSpace],
  [errors.EDQUOT, codes.quota],
]);

/** `result` is a call's: below zero it is the negative number of an error. */
export const codeOf = (result: number): Code =>
  result >= 0 ? codes.ok : (codesOfErrors.get(-result) ?? codes.failure);

/** What a status says beside its code. */
const texts = new Map<Code, string>([
  [codes.ok, "ok"],
  [codes.endOfFile, "end of file"],
  [codes.notFound, "no such file"],
  [codes.refused, "permission denied"],
  [codes.failure, "failure"],
  [codes.badMessage, "bad message"],
  [codes.unsupported, "not supported"],
  [codes.noSpace, "no space left"],
  [codes.quota, "quota exceeded"],
]);

export const textOf = (code: Code): string => texts.get(code) ?? "failure";
